"""The catalogue's sections of a person's export."""

import pytest

from accounts.privacy.registry import sections
from catalog.music import teams
from catalog.music.models import Invitation, Membership
from tests.factories import ArtistFactory, LabelFactory


@pytest.fixture
def invite(label, editor):
    def build(email, team=label, role="reader"):
        return teams.invite_member(team=team, email=email, role=role, invited_by=editor, page="https://a.example/#")

    return build


def test_the_teams_of_a_person_are_theirs_alone(bob, charlie, label, artist):
    mine = [
        Membership.objects.create(user=bob, label=label, role="owner"),
        Membership.objects.create(user=bob, artist=artist, role="reader"),
    ]
    Membership.objects.create(user=charlie, label=LabelFactory(name="Elsewhere"))

    assert list(sections()["teams"](bob)) == [
        {"team": "Night Bus Records", "role": "owner", "joined_at": mine[0].created_at},
        {"team": "Mira Solano", "role": "reader", "joined_at": mine[1].created_at},
    ]


def test_the_invitations_that_wait_for_a_person_are_listed_without_their_tokens(bob, charlie, invite):
    waits, declined = invite("Bob@example.com"), invite(bob.email, ArtistFactory(name="Night Owl"))
    invite(charlie.email)
    Invitation.objects.filter(pk=declined.pk).update(state="declined", email="")

    assert list(sections()["invitations"](bob)) == [
        {
            "team": "Night Bus Records", "role": "reader", "email": "bob@example.com", "invited_at": waits.created_at,
            "expires_at": waits.expires_at,
        }
    ]  # fmt: skip
