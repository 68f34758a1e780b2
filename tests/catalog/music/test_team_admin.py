"""The team of a label and of an artist on their pages of the admin: who may invite, change and remove whom."""

import pytest
from django.contrib.admin.models import LogEntry

from accounts.models import Mail
from catalog.music import teams
from catalog.music.models import Invitation, Label, Membership, Release
from catalog.rights.models import Rule
from tests.catalog.music.forms import form_of, send
from tests.factories import ArtistFactory, LabelFactory, ReleaseFactory, UserFactory, staff_of

KIM = "kim@example.com"
ROW = {"email": KIM, "role": "reader"}
# What the page of somebody who may invite would send.
FORGED = {
    "invitations-TOTAL_FORMS": "1", "invitations-INITIAL_FORMS": "0", "invitations-MIN_NUM_FORMS": "0",
    "invitations-MAX_NUM_FORMS": "1000", "invitations-0-email": KIM, "invitations-0-role": "owner",
}  # fmt: skip


@pytest.fixture
def owner(label):
    return staff_of(label, role="owner", email="owner@example.com", display_name="Olga")


@pytest.fixture
def people(label, owner, editor):
    """Staff by who they are to the label."""
    return {
        "owner": owner,
        "member": staff_of(label, role="member", email="member@example.com"),
        "reader": staff_of(label, role="reader", email="reader@example.com"),
        "stranger": staff_of(LabelFactory(name="Elsewhere"), role="owner", email="stranger@example.com"),
        "editor": editor,
    }


@pytest.fixture(params=["label", "artist"])
def team(request, label):
    return label if request.param == "label" else ArtistFactory(name="Night Owl", label=label)


@pytest.fixture
def invited(label, owner):
    return teams.invite_member(team=label, email=KIM, role="reader", invited_by=owner, page="https://a.example/#")


def page(row):
    return f"/admin/catalog/{row._meta.model_name}/{row.pk}/change/"


def waiting():
    rows = Invitation.objects.filter(state="waiting").order_by("pk")
    return [(row.label or row.artist, row.email, row.role, row.invited_by) for row in rows]


@pytest.mark.parametrize("who", ["owner", "editor"])
def test_owners_and_editors_invite(who, people, team, staff_as):
    client = staff_as(people[who])
    form = form_of(client, page(team))
    form.add_rows("invitations", [ROW, {"email": " Ada@Example.com ", "role": "owner"}])

    assert send(client, page(team), form).status_code == 302

    mine = people[who]
    assert waiting() == [(team, KIM, "reader", mine), (team, "ada@example.com", "owner", mine)]
    assert list(Mail.objects.order_by("pk").values_list("to", flat=True)) == [KIM, "ada@example.com"]
    text = Mail.objects.first().text
    assert "http://testserver/invitations#" in text
    assert f"to the team of {team.name} on Backbeat, as read-only" in text


@pytest.mark.parametrize("who", ["member", "reader", "stranger"])
def test_nobody_else_invites_whatever_is_sent(who, people, team, staff_as):
    client = staff_as(people[who])
    before = Membership.objects.count()
    asked = client.get(page(team))
    assert "invitations-TOTAL_FORMS" not in asked.content.decode()

    data = dict(form_of(client, page(team)).data()) if who == "member" else {"name": "Mine"}
    answer = client.post(page(team), {**data, **FORGED})

    # A member saves the page, without the rows that are not theirs; the others don't get that far.
    assert answer.status_code == {"member": 302, "reader": 403, "stranger": 302}[who]
    assert who != "stranger" or asked.status_code == 302
    assert (waiting(), Mail.objects.count(), Membership.objects.count()) == ([], 0, before)
    team.refresh_from_db()
    assert team.name != "Mine"


def test_who_is_no_staff_meets_the_sign_in_page(label, bob, staff_as):
    for answer in (staff_as(bob).get(page(label)), staff_as(bob).post(page(label), FORGED)):
        assert answer.headers["Location"].startswith("/admin/login/")
    assert waiting() == []


def test_an_open_invitation_stands_on_the_page_and_is_taken_back_there(owner, label, invited, staff_as):
    client = staff_as(owner)
    form = form_of(client, page(label))
    assert KIM in client.get(page(label)).content.decode()
    form.fill({"invitations-0-DELETE": "on"})

    assert send(client, page(label), form).status_code == 302

    invited.refresh_from_db()
    assert (invited.state, invited.email) == ("withdrawn", "")
    assert "Deleted invitation" in LogEntry.objects.get(user=owner).get_change_message()


@pytest.mark.parametrize("who", ["member", "reader"])
def test_the_addresses_of_who_is_invited_are_for_owners(who, people, label, invited, staff_as):
    assert KIM not in staff_as(people[who]).get(page(label)).content.decode()


@pytest.mark.parametrize("also", [{}, {"invitations-0-DELETE": "on"}], ids=["left", "taken back"])
def test_an_answer_in_the_meantime_stands_and_the_page_is_saved(also, owner, label, invited, staff_as):
    client = staff_as(owner)
    form = form_of(client, page(label))
    Invitation.objects.filter(pk=invited.pk).update(state="declined", email="")
    form.fill({"name": "Night Tram Records", **also})

    assert send(client, page(label), form).status_code == 302

    invited.refresh_from_db()
    label.refresh_from_db()
    assert (invited.state, label.name) == ("declined", "Night Tram Records")


@pytest.mark.parametrize(
    ("email", "complaint"), [("", "This field is required"), ("kim at home", "Enter a valid email address")]
)
def test_an_address_that_is_none_is_refused(email, complaint, owner, label, staff_as):
    client = staff_as(owner)
    form = form_of(client, page(label))
    form.add_rows("invitations", [{"email": email, "role": "owner"}])

    answer = send(client, page(label), form)

    assert complaint in answer.content.decode()
    assert Mail.objects.count() == 0


def test_inviting_the_same_address_again_sends_another_mail(owner, label, invited, staff_as):
    client = staff_as(owner)
    form = form_of(client, page(label))
    form.add_rows("invitations", [ROW])

    assert send(client, page(label), form).status_code == 302

    invited.refresh_from_db()
    assert (invited.state, len(waiting()), Mail.objects.count()) == ("withdrawn", 1, 2)


# What each role of the team may change: its label's name, a release, a rule, and the team.
MAY = {
    "owner": {"name", "release", "rule", "role", "remove"},
    "member": {"name", "release", "rule"},
    "reader": set(),
    "stranger": set(),
    "editor": {"name", "release", "rule", "role", "remove"},
}


@pytest.mark.parametrize("who", MAY)
def test_what_a_role_in_the_team_may_change(who, people, label, staff_as):
    client = staff_as(people[who])
    other = Membership.objects.create(user=UserFactory(), label=label, role="member")
    gone = Membership.objects.create(user=UserFactory(), label=label, role="member")
    release = ReleaseFactory(title="Late Tram", label=label)

    change(client, release, {"title": "Early Tram"})
    change(client, label, {"name": "Night Tram Records"}, rule=label.rules.get(), roles={other: "owner"}, remove=gone)

    changed = {
        "name": Label.objects.get(pk=label.pk).name == "Night Tram Records",
        "release": Release.objects.get(pk=release.pk).title == "Early Tram",
        "rule": Rule.objects.get(label=label).access == "paid",
        "role": Membership.objects.get(pk=other.pk).role == "owner",
        "remove": not Membership.objects.filter(pk=gone.pk).exists(),
    }
    assert {what for what, done in changed.items() if done} == MAY[who]


def change(client, row, values, *, rule=None, roles=(), remove=None):
    """Sends the page as who may do all of it would, whatever it showed to who is asking."""
    shown = client.get(page(row)).status_code == 200
    form = form_of(client, page(row)) if shown else None
    data = dict(form.data()) if form else {}
    data |= values
    if rule:
        data["rules-0-access"] = "paid"
        data |= forged_team(row, dict(roles), remove)
    client.post(page(row), data)


def forged_team(label, roles, remove):
    rows = list(Membership.objects.filter(label=label).order_by("pk"))
    data = {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": len(rows)}
    for place, row in enumerate(rows):
        role = roles.get(row, row.role)
        data |= {f"memberships-{place}-{name}": value for name, value in
                 {"id": row.pk, "label": label.pk, "user": row.user_id, "role": role}.items()}  # fmt: skip
        if row == remove:
            data[f"memberships-{place}-DELETE"] = "on"
    return data


def test_a_member_who_is_removed_is_label_staff_no_more(people, label, owner, staff_as):
    client = staff_as(owner)
    form = form_of(client, page(label))
    place = next(name for name, values in form.values.items() if values == [str(row_of(people["member"], label).pk)])
    form.fill({place.replace("-id", "-DELETE"): "on"})

    assert send(client, page(label), form).status_code == 302

    people["member"].refresh_from_db()
    assert not people["member"].is_staff
    assert not people["member"].groups.exists()


def row_of(user, label):
    return Membership.objects.get(user=user, label=label)


def test_an_owner_puts_nobody_else_in_a_row_of_the_team(people, label, owner, bob, staff_as):
    client = staff_as(owner)
    form = form_of(client, page(label))
    data = dict(form.data())
    before = set(Membership.objects.values_list("user", "role"))
    rows = int(data["memberships-TOTAL_FORMS"])
    forged = {f"memberships-{row}-user": bob.pk for row in range(rows)}
    added = {f"memberships-{rows}-user": bob.pk, f"memberships-{rows}-role": "owner"}

    client.post(page(label), {**data, **forged, **added, "memberships-TOTAL_FORMS": rows + 1})

    assert set(Membership.objects.values_list("user", "role")) == before


@pytest.mark.parametrize("who", ["owner", "member", "reader"])
def test_people_of_a_team_are_named_without_a_link_to_a_page_that_is_refused(who, people, label, staff_as):
    shown = staff_as(people[who]).get(page(label)).content.decode()

    assert str(people["owner"]) in shown
    assert "/admin/accounts/user/" not in shown
