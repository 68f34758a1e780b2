"""Visibility is SQL, playability one pure rule: whatever the row and the viewer, they agree."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.music.models import Recording, Track
from catalog.rights.rules import Reason, playability
from tests.factories import RecordingFactory, TrackFactory

ROWS = list(product(Recording.Kind.values, [True, False], [True, False]))


def reason_of(answer):
    return answer.restriction.reason if answer.restriction else None


@given(kind=st.sampled_from(Recording.Kind.values), is_ready=st.booleans(), explicit=st.booleans(), hide=st.booleans())
def test_the_filter_never_makes_something_exist_or_play(kind, is_ready, explicit, hide):
    filtered = playability(kind=kind, is_ready=is_ready, explicit=explicit, hide_explicit=hide)
    open_answer = playability(kind=kind, is_ready=is_ready, explicit=explicit, hide_explicit=False)

    assert (reason_of(filtered) == Reason.NOT_FOUND) == (reason_of(open_answer) == Reason.NOT_FOUND)
    assert filtered.is_playable == (open_answer.is_playable and not (explicit and hide))
    assert filtered.is_playable == (filtered.restriction is None)


@pytest.mark.parametrize("hide", [True, False])
def test_what_sql_shows_exists_for_the_rule_and_nothing_else(db, hide):
    for kind, is_ready, explicit in ROWS:
        recording = RecordingFactory(kind=kind, explicit=explicit)
        TrackFactory(recording=recording, ready=is_ready)

    seen = set(Track.objects.visible())
    for track in Track.objects.select_related("recording"):
        recording = track.recording
        answer = playability(
            kind=recording.kind,
            is_ready=recording.ready_at is not None,
            explicit=recording.explicit,
            hide_explicit=hide,
        )
        assert (track in seen) == (reason_of(answer) != Reason.NOT_FOUND)
        assert answer.is_playable == (track in seen and not (hide and recording.explicit))
    assert len(seen) == 4
