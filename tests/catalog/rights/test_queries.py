"""Visibility is SQL, playability one pure rule: whatever the rows and the viewer, they agree."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.music.models import Release, Track
from catalog.rights import queries
from catalog.rights.models import Rule, Takedown
from catalog.rights.rules import (
    NOT_BROWSABLE,
    Facts,
    Playability,
    Reason,
    Restriction,
    playability,
    playability_of_all,
)
from tests.catalog.rights import strategies
from tests.factories import LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory


@st.composite
def catalogues(draw):
    """Facts, and the rules of the three levels that lead to them."""
    own = draw(st.lists(strategies.terms(is_own=True), max_size=2))
    of_release = draw(st.lists(strategies.terms(), max_size=2))
    of_label = draw(st.lists(strategies.terms(), max_size=2))
    in_force = tuple(own or of_release or of_label)
    return draw(strategies.facts()), in_force, (own, of_release, of_label)


def save_rules(terms, **holder):
    for one in terms:
        Rule.objects.create(
            **holder, scope=one.scope, territories=sorted(one.territories), access=one.access,
            starts_at=one.starts_at, starts_on=one.starts_on, ends_at=one.ends_at, ends_on=one.ends_on,
        )  # fmt: skip


@pytest.fixture
def rows(db):
    """One track whose columns each example changes, and rolls back."""
    label = LabelFactory(rule=False)
    return TrackFactory(release=ReleaseFactory(label=label), recording=RecordingFactory(label=label))


def save(track, facts: Facts, levels):
    recording, release = track.recording, track.release
    recording.kind, recording.explicit = facts.kind, facts.explicit
    recording.ready_at = strategies.NOON if facts.is_ready else None
    recording.save()
    Release.objects.filter(pk=release.pk).update(announced_at=facts.announced_at, released_on=facts.released_on)
    own, of_release, of_label = levels
    save_rules(own, track=track), save_rules(of_release, release=release), save_rules(of_label, label=release.label)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=catalogues(), audience=strategies.audiences, of_release=st.booleans(), restored=st.booleans())
def test_sql_and_the_rule_agree(rows, made, audience, of_release, restored):
    facts, in_force, levels = made
    with transaction.atomic():
        save(rows, facts, levels)
        if facts.taken_down_at:
            thing = {"release": rows.release} if of_release else {"recording": rows.recording}
            case = {"reason": "court", "claimant": "A court", "starts_at": facts.taken_down_at}
            Takedown.objects.create(**thing, **case, restored_at=strategies.NOON if restored else None)
        found = Track.objects.select_related("recording", "release").annotate(**queries.rights_annotations())
        read = queries.facts_of(found.get(pk=rows.pk))

        taken = None if restored else facts.taken_down_at
        assert (set(read.rules), read.taken_down_at) == (set(in_force), taken)
        answer = playability(read, audience)
        reason = answer.restriction.reason if answer.restriction else None
        exists = reason != Reason.NOT_FOUND
        release = Release.objects.annotate(track_facts=queries.track_facts()).get(pk=rows.release_id)
        of_release_row = playability_of_all(queries.facts_of_release(release), audience)
        assert of_release_row == (answer if exists else Playability(False, Restriction(Reason.NOT_FOUND)))
        assert queries.visible_tracks(audience).exists() == exists
        assert queries.visible_releases(audience).exists() == exists
        browsable = reason not in NOT_BROWSABLE
        assert queries.browsable_tracks(audience).exists() == browsable
        assert queries.browsable_releases(audience).exists() == browsable
        assert queries.visible_artists(audience).exists() == browsable
        transaction.set_rollback(True)
