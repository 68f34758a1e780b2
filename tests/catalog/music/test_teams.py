"""Teams: who may invite whom, and what an answer does."""

import re
import threading

import pytest
from django.db import connection

from accounts.models import Mail
from accounts.privacy.services import erase_user
from catalog.music import teams
from catalog.music.models import Invitation, Membership
from streaming.lib.errors import DomainError
from tests.factories import ArtistFactory, LabelFactory, UserFactory, staff_of

PAGE = "https://music.example/invitations#"


@pytest.fixture
def owner(label):
    return staff_of(label, role="owner", email="owner@example.com", display_name="Olga")


@pytest.fixture
def invite(label, owner):
    """The token of a new invitation, read from its mail as the invited person does."""

    def build(email="bob@example.com", role="member", team=label):
        teams.invite_member(team=team, email=email, role=role, invited_by=owner, page=PAGE)
        return re.search(rf"{re.escape(PAGE)}(\S+)", Mail.objects.latest("pk").text)[1]

    return build


def answer(client, token, what):
    return client.post(f"/api/v1/invitations/{what}", {"token": token}, "json")


def test_an_invitation_is_mailed_shown_and_accepted_once(invite, bob, api, api_as, label):
    token = invite("Bob@Example.com")
    shown = api.post("/api/v1/invitations/show", {"token": token}, "json").json()
    assert (shown["team"]["name"], shown["role"], shown["invited_by"]) == ("Night Bus Records", "member", "Olga")
    assert shown["opens_admin"] is True
    assert "bob@example.com" not in str(shown)

    assert answer(api_as(bob), token, "accept").status_code == 204

    membership = Membership.objects.get(user=bob)
    assert (membership.label, membership.role) == (label, "member")
    bob.refresh_from_db()
    assert bob.is_staff
    assert list(bob.groups.values_list("name", flat=True)) == ["label staff"]
    again = answer(api_as(bob), token, "accept")
    assert (again.status_code, again.json()["code"]) == (409, "INVITATION_OVER")
    assert Invitation.objects.get().email == ""


def test_only_the_hash_of_the_token_is_kept(invite):
    token = invite()

    assert len(token) >= 43
    assert token not in str(list(Invitation.objects.values()))


def test_somebody_else_with_the_link_gets_nothing(invite, charlie, api_as):
    refused = answer(api_as(charlie), invite(), "accept")

    assert (refused.status_code, refused.json()["code"]) == (403, "INVITATION_OF_ANOTHER")
    assert not Membership.objects.filter(user=charlie).exists()


def test_an_address_that_is_not_proved_is_not_enough(invite, api_as):
    user = UserFactory(email="new@example.com", verified_address=False)

    assert answer(api_as(user), invite("new@example.com"), "accept").status_code == 403


def test_a_declined_withdrawn_or_late_invitation_is_over(invite, bob, api_as, time_machine):
    declined, withdrawn = invite(), None
    assert answer(api_as(bob), declined, "decline").status_code == 204
    withdrawn = invite()
    teams.withdraw_invitation(invitation=Invitation.objects.get(state="waiting"))
    for token in (declined, withdrawn):
        with pytest.raises(DomainError, match="Ask whoever invited you"):
            teams.accept_invitation(token=token, user=bob)
    late = invite()
    Invitation.objects.filter(state="waiting").update(expires_at="2020-01-01T00:00Z")
    with pytest.raises(DomainError, match="has expired"):
        teams.accept_invitation(token=late, user=bob)
    assert teams.expire_invitations() == 1
    assert not Invitation.objects.exclude(email="").exists()


def test_inviting_again_ends_the_first_link(invite, bob):
    first, second = invite(), invite()

    with pytest.raises(DomainError, match="was withdrawn"):
        teams.accept_invitation(token=first, user=bob)
    assert teams.accept_invitation(token=second, user=bob).role == "member"


def test_who_leaves_the_last_label_leaves_the_admin(label, owner, editor):
    other = LabelFactory()
    Membership.objects.create(user=owner, label=other)
    Membership.objects.filter(user=owner, label=label).delete()
    teams.settle_standing(user_ids=[owner.pk], actor=editor)
    owner.refresh_from_db()
    assert owner.is_staff

    Membership.objects.filter(user=owner).delete()
    teams.settle_standing(user_ids=[owner.pk], actor=editor)
    owner.refresh_from_db()
    assert not owner.is_staff
    assert not owner.groups.exists()


def test_who_has_another_role_stays_in_the_admin(label, editor):
    Membership.objects.create(user=editor, label=label)
    teams.settle_standing(user_ids=[editor.pk], actor=editor)
    Membership.objects.filter(user=editor).delete()
    teams.settle_standing(user_ids=[editor.pk], actor=editor)

    editor.refresh_from_db()
    assert editor.is_staff


def test_erasing_somebody_forgets_their_invitations(invite, bob):
    invite()
    erase_user(user=bob)

    assert (Invitation.objects.get().email, Invitation.objects.get().state) == ("", "withdrawn")


def test_an_artists_team_reaches_that_artists_dashboard_only(invite, bob, artist, api_as):
    other = ArtistFactory()
    assert answer(api_as(bob), invite(team=artist, role="reader"), "accept").status_code == 204

    codes = [api_as(bob).get(f"/api/v1/artists/{one.uid}/dashboard").status_code for one in (artist, other)]

    assert codes == [200, 404]
    bob.refresh_from_db()
    assert not bob.is_staff
    assert list(bob.groups.values_list("name", flat=True)) == ["artist teams"]


def test_who_is_in_the_team_keeps_their_role(invite, label):
    lara = staff_of(label, role="member", email="lara@example.com")

    assert teams.accept_invitation(token=invite("lara@example.com", role="reader"), user=lara).role == "member"
    assert Membership.objects.filter(user=lara).count() == 1


def test_a_token_that_is_not_ours_is_not_there(bob, api_as):
    assert answer(api_as(bob), "x" * 43, "accept").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(invite, bob):
    token, told = invite(), []

    def accept():
        try:
            told.append(teams.accept_invitation(token=token, user=bob).role)
        except DomainError as error:
            told.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["INVITATION_OVER", "member"]
    assert Membership.objects.filter(user=bob).count() == 1


def test_the_page_learns_whether_it_is_for_who_asks(invite, bob, charlie, api, api_as):
    token = invite()
    unproved = UserFactory(email="new@example.com", verified_address=False)

    told = [answer(client, token, "show").json()["is_mine"] for client in (api, api_as(bob), api_as(charlie))]

    assert told == [None, True, False]
    assert answer(api_as(unproved), invite("new@example.com"), "show").json()["is_mine"] is False


def test_each_way_to_be_over_has_its_sentence(invite, bob, api, api_as):
    def sentence(token):
        refused = answer(api, token, "show")
        return refused.status_code, refused.json()["detail"].partition(".")[0]

    declined = invite()
    answer(api_as(bob), declined, "decline")
    replaced, late = invite(), invite()
    answers = [sentence(declined), sentence(replaced), sentence("x" * 43)]
    Invitation.objects.filter(state="waiting").update(expires_at="2020-01-01T00:00Z")
    answers.append(sentence(late))
    accepted = invite()
    answer(api_as(bob), accepted, "accept")

    assert [*answers, sentence(accepted)] == [
        (409, "This invitation was declined"),
        (409, "This invitation was withdrawn, or another mail took its place"),
        (404, "There is no such invitation"),
        (409, "This invitation has expired"),
        (409, "This invitation was accepted"),
    ]
