"""`manage.py explain access`: the decision step by step, the same that listeners get."""

import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.rights.models import Rule
from catalog.rights.services import open_takedown
from tests.factories import TrackFactory


def tell(*words):
    out = StringIO()
    call_command("explain", *words, stdout=out)
    return out.getvalue()


def test_access_is_explained_from_the_market_to_the_answer(bob, db):
    track = TrackFactory()
    Rule.objects.create(release=track.release, scope="include", territories=["DE", "US"], access="paid")

    text = tell("access", "bob@example.com", str(track.uid))

    assert "Market US, tier free" in text
    assert "1 rule(s) in force, inherited from its release or label:" in text
    assert "- only DE, US, paid only, from 01 Jan 2020 05:00 UTC, no end: holds now." in text
    assert text.rstrip().endswith("So: NOT_ENTITLED, unlocked by paid.")


def test_by_uid_and_paid_it_plays(alice, db):
    track = TrackFactory()

    assert tell("access", str(alice.uid), str(track.uid)).rstrip().endswith("So: it may be played.")


def test_a_takedown_and_a_draft_are_named(bob, db):
    track = TrackFactory()
    open_takedown(recording=track.recording, reason="court", claimant="A court")
    draft = TrackFactory(release__announced_at=None)

    assert tell("access", bob.email, str(track.uid)).rstrip().endswith("So: TAKEN_DOWN.")
    text = tell("access", bob.email, str(draft.uid))
    assert "Not announced: a draft." in text
    assert text.rstrip().endswith("So: NOT_FOUND.")


@pytest.mark.parametrize("user", ["nobody@example.com", "nobody", str(uuid.uuid4())])
def test_an_unknown_user_is_named(db, user):
    with pytest.raises(CommandError, match=f"There is no user {user}"):
        tell("access", user, str(uuid.uuid4()))


def test_an_unknown_track_is_named(bob):
    with pytest.raises(CommandError, match="There is no track x"):
        tell("access", bob.email, "x")
