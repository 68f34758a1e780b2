"""Rules, takedowns and the time machine in the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse

from catalog.music.models import Membership, Track
from catalog.rights.models import RightsChange, Rule, Takedown
from catalog.rights.services import open_takedown
from streaming.devstack.feeder.forms import Page
from streaming.lib import clock
from tests.factories import LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory

MACHINE = "admin:catalog_rule_time_machine"


@pytest.fixture
def staff(staff_as, editor):
    return staff_as(editor)


@pytest.fixture
def track(db):
    return TrackFactory(
        release=ReleaseFactory(title="Album", label=LabelFactory(name="Night Bus")),
        recording=RecordingFactory(title="Harbour", isrc="QZBBT2600001"),
    )


def submit(client, address, form_id, fields=(), rows=()):
    form = Page(client.get(address).content.decode()).form(form_id)
    form.fill(dict(fields))
    for prefix, added in dict(rows).items():
        form.add_rows(prefix, added)
    return client.post(address, _data(form))


def _data(form):
    data = {}
    for name, value in form.data():
        data.setdefault(name, []).append(value)
    return data


@pytest.mark.parametrize("thing", ["label", "release", "track"])
def test_a_rule_is_added_where_it_belongs_and_is_in_the_history(staff, track, editor, thing):
    holder = {"label": track.release.label, "release": track.release, "track": track}[thing]
    address = reverse(f"admin:catalog_{thing}_change", args=[holder.pk])
    row = {"scope": "include", "territories": ["DE", "FR"], "access": "paid", "starts_on": "2026-12-24"}

    answer = submit(staff, address, f"{thing}_form", rows={"rules": [row]})

    assert answer.status_code == 302, Page(answer.content.decode()).errors
    rule = Rule.objects.filter(**{thing: holder}).last()
    assert (rule.territories, rule.access, str(rule.starts_on)) == (["DE", "FR"], "paid", "2026-12-24")
    change = RightsChange.objects.get()
    assert (change.thing, change.thing_uid, change.actor_uid) == (thing, holder.uid, editor.uid)
    assert change.after[-1]["territories"] == ["DE", "FR"]
    shown = staff.get(reverse("admin:catalog_rightschange_changelist"), {"thing_uid": holder.uid})
    assert "paid DE, FR from 2026-12-24" in shown.content.decode()


@pytest.mark.parametrize("page", ["change", "add"])
def test_a_row_that_is_left_as_it_comes_is_the_whole_world(staff, track, page):
    """The one that every new label needs."""
    label = track.release.label
    label.rules.all().delete()
    address = reverse(f"admin:catalog_label_{page}", args=[label.pk] if page == "change" else [])
    form = Page(staff.get(address).content.decode()).form("label_form")
    form.fill({"name": "Fresh"})
    form.add_rows("rules", [{}])

    answer = staff.post(address, _data(form))

    assert answer.status_code == 302, Page(answer.content.decode()).errors
    rule = Rule.objects.get(label__name="Fresh")
    assert str(rule) == "Free and paid: worldwide"
    assert (rule.scope, RightsChange.objects.count()) == ("exclude", 1)


def test_a_rule_that_was_there_and_is_left_alone_is_no_change(staff, track):
    label = track.release.label
    address = reverse("admin:catalog_label_change", args=[label.pk])

    assert submit(staff, address, "label_form", fields={"name": "Renamed"}).status_code == 302

    assert (label.rules.count(), RightsChange.objects.count()) == (1, 0)


def test_dates_of_a_release_are_in_the_history_of_rights(staff, track, editor):
    release = track.release
    address = reverse("admin:catalog_release_change", args=[release.pk])
    was = release.released_on.isoformat()

    assert submit(staff, address, "release_form", fields={"p_line": "2026 Night Bus"}).status_code == 302
    assert not RightsChange.objects.exists()
    assert submit(staff, address, "release_form", fields={"released_on": "2027-02-03"}).status_code == 302

    change = RightsChange.objects.get()
    assert (change.thing_uid, change.label_id, change.actor_uid) == (release.uid, release.label_id, editor.uid)
    assert [row[0]["released_on"] for row in (change.before, change.after)] == [was, "2027-02-03"]
    shown = staff.get(reverse("admin:catalog_rightschange_changelist"), {"thing_uid": release.uid}).content.decode()
    assert f"of Night Bus, released on {was}" in shown
    assert "of Night Bus, released on 2027-02-03" in shown


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"scope": "include"}, "Name the countries"),
        ({"starts_at_0": "2026-01-01", "starts_at_1": "00:00", "starts_on": "2026-01-01"}, "not both"),
        ({"starts_on": "2026-01-02", "ends_on": "2026-01-02"}, "The end has to come after the start."),
        ({"territories": ["XX"]}, "XX is not one of the available choices"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(staff, track, row, sentence):
    address = reverse("admin:catalog_release_change", args=[track.release.pk])

    answer = submit(staff, address, "release_form", rows={"rules": [row]})

    assert answer.status_code == 200
    assert sentence in answer.content.decode().replace("&#x27;", "'")
    assert not RightsChange.objects.exists()


def delete_page(staff, track):
    staff.post(reverse("admin:catalog_release_delete", args=[track.release.pk]), {"post": "yes"})


def delete_action(staff, track):
    chosen = {"action": "delete_selected", "_selected_action": [track.release.pk], "post": "yes"}
    staff.post(reverse("admin:catalog_release_changelist"), chosen)


def take_off(staff, track):
    address = reverse("admin:catalog_release_change", args=[track.release.pk])
    form = Page(staff.get(address).content.decode()).form("release_form")
    form.fill({"tracks-0-DELETE": True})
    staff.post(address, _data(form))


@pytest.mark.parametrize(
    ("delete", "gone"),
    [(delete_page, {"release", "track"}), (delete_action, {"release", "track"}), (take_off, {"track"})],
)
def test_rules_that_go_with_their_thing_stay_in_the_history(staff, track, editor, delete, gone):
    uids = {"release": track.release.uid, "track": track.uid}
    Rule.objects.create(release=track.release, access="paid")
    Rule.objects.create(track=track, scope="include", territories=["DE"])

    delete(staff, track)

    assert not Track.objects.exists()
    found = {change.thing: change for change in RightsChange.objects.all()}
    assert {thing: change.thing_uid for thing, change in found.items()} == {thing: uids[thing] for thing in gone}
    assert [rule["territories"] for rule in found["track"].before] == [["DE"]]
    assert {change.actor_uid for change in found.values()} == {editor.uid}
    assert [change.after for change in found.values()] == [[]] * len(gone)


@pytest.mark.parametrize("thing", ["label", "release", "track"])
def test_label_staff_write_the_rules_of_their_label(staff_as, label_editor, thing):
    label = Membership.objects.get(user=label_editor).label
    track = TrackFactory(release=ReleaseFactory(label=label), recording=RecordingFactory(label=label))
    holder = {"label": label, "release": track.release, "track": track}[thing]
    address = reverse(f"admin:catalog_{thing}_change", args=[holder.pk])

    answer = submit(staff_as(label_editor), address, f"{thing}_form", rows={"rules": [{"access": "paid"}]})

    assert answer.status_code == 302, Page(answer.content.decode()).errors
    assert Rule.objects.filter(**{thing: holder}).last().access == "paid"
    assert RightsChange.objects.get().actor_uid == label_editor.uid


def test_a_case_is_opened_followed_and_ended_by_steps(staff, track, editor, api):
    add = reverse("admin:catalog_takedown_add")
    fields = {"recording": track.recording.pk, "reason": "copyright", "claimant": "Somebody", "details": "Sampled."}
    page = Page(staff.get(add).content.decode()).form("takedown_form")
    answer = staff.post(add, _data(page) | {name: [value] for name, value in fields.items()})
    assert answer.status_code == 302, Page(answer.content.decode()).errors
    assert api.get("/api/v1/tracks").json()["results"] == []

    case = Takedown.objects.get()
    change = reverse("admin:catalog_takedown_change", args=[case.pk])
    steps = [{"kind": "counter_notice", "text": "Licensed."}, {"kind": "restored", "text": "Withdrawn."}]
    assert submit(staff, change, "takedown_form", rows={"events": steps}).status_code == 302

    case.refresh_from_db()
    assert case.restored_at is not None
    assert [step.kind for step in case.events.all()] == ["opened", "counter_notice", "restored"]
    assert {step.actor_uid for step in case.events.all()} == {editor.uid}
    assert len(api.get("/api/v1/tracks").json()["results"]) == 1


def test_a_case_is_never_deleted(staff, track):
    case = open_takedown(recording=track.recording, reason="court", claimant="A court")

    assert staff.post(reverse("admin:catalog_takedown_delete", args=[case.pk]), {"post": "yes"}).status_code == 403


def test_the_time_machine_shows_the_catalogue_of_a_country_tier_and_date(staff, track):
    Rule.objects.create(release=track.release, scope="exclude", territories=["DE"], starts_on="2027-01-01")

    def seen(**asked):
        return staff.get(reverse(MACHINE), asked).content.decode()

    assert "NOT_YET_RELEASED, from 01 Jan 2027 05:00 UTC" in seen(country="US", tier="free")
    assert "it may be played" in seen(country="US", tier="free", on="2027-01-02")
    assert "GEO_RESTRICTED" in seen(country="DE", tier="free", on="2027-01-02")
    assert "Harbour" not in seen(country="US", search="nothing like it")
    assert "No track matches" in seen(country="US", search="nothing like it")
    assert "Harbour" in seen(country="US", search="night harb")
    for text in (
        track.recording.isrc,
        track.release.title,
        track.release.label.name,
        track.recording.artists.get().name,
    ):
        assert "Harbour" in seen(country="US", search=text), text


def test_the_time_machine_tells_who_gains_and_loses_what(staff, track):
    Rule.objects.create(release=track.release, access="paid", ends_on="2027-03-01")
    Rule.objects.create(release=track.release, scope="include", territories=["FR"], starts_on="2027-02-01")

    def changes(**asked):
        return " ".join(staff.get(reverse(MACHINE), {"on": "2027-01-01", **asked}).content.decode().split())

    text = changes(until="2027-02-02")
    assert "free in FR" in text
    assert "Gained</span>: plays its preview, then plays" in text
    text = changes(until="2027-03-02")
    assert "Lost</span>: plays, then is absent" in text
    assert "paid everywhere but FR" in text
    assert "Lost</span>: plays its preview, then is absent" in text
    assert "free in FR" in text
    assert "Nobody gains or loses anything" in changes(until="2027-01-10")


def test_a_takedown_and_an_announcement_to_come_are_changes_too(staff, track):
    open_takedown(
        recording=track.recording, reason="court", claimant="A court", starts_at=clock.now() + timedelta(days=2)
    )
    until = (clock.now() + timedelta(days=5)).date()

    text = staff.get(reverse(MACHINE), {"until": until, "country": "US"}).content.decode()

    assert "plays, then is absent" in " ".join(text.split())


@pytest.mark.parametrize(
    "asked",
    [
        {"country": "XX"}, {"tier": "gold"}, {"on": "soon"}, {"on": "2027-01-02", "until": "2027-01-01"},
        {"on": "2027-01-01", "until": "2047-01-01"}, {"p": "-1"}, {"p": "9" * 30}, {"search": "x" * 200},
        {"on": "0001-01-01"}, {"on": "9999-12-31"},
    ],
)  # fmt: skip
def test_odd_questions_to_the_time_machine_are_no_500(staff, track, asked):
    assert staff.get(reverse(MACHINE), asked).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("asked", "queries"), [({"country": "US"}, 6), ({"until": "2030-01-01"}, 6)])
def test_the_time_machine_costs_the_same_with_one_and_three(staff, django_assert_num_queries, rows, asked, queries):
    label = LabelFactory()
    for _ in range(rows):
        track = TrackFactory(release=ReleaseFactory(label=label))
        Rule.objects.create(track=track, ends_on="2029-01-01")
    staff.get(reverse(MACHINE))

    with django_assert_num_queries(queries):
        text = staff.get(reverse(MACHINE), asked).content.decode()

    assert text.count("/admin/catalog/track/") >= rows


def test_nobody_without_the_right_travels(client, staff_as, track):
    from tests.factories import UserFactory

    assert client.get(reverse(MACHINE)).status_code == 302
    assert staff_as(UserFactory(is_staff=True)).get(reverse(MACHINE)).status_code == 403
