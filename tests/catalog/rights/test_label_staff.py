"""Label staff edit the rules of their own label, release and track on its page; another label's are not there."""

import pytest
from django.urls import reverse

from catalog.rights.models import RightsChange, Rule
from tests.catalog.music.forms import form_of, send
from tests.factories import LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory, staff_of

THINGS = ("label", "release", "track")
ROW = {"scope": "include", "territories": ["DE", "FR"], "access": "paid"}


def holders(label):
    track = TrackFactory(
        release=ReleaseFactory(label=label, announced_at=None), recording=RecordingFactory(label=label)
    )
    Rule.objects.create(release=track.release, access="paid")
    Rule.objects.create(track=track, access="preview")
    return {"label": label, "release": track.release, "track": track}


@pytest.fixture
def ours(label):
    return holders(label)


@pytest.fixture
def theirs(db):
    return holders(LabelFactory(name="Another"))


@pytest.fixture
def client(staff_as, label_editor):
    return staff_as(label_editor)


def page(thing, holder):
    return reverse(f"admin:catalog_{thing}_change", args=[holder.pk])


def rules_of(found):
    return list(Rule.objects.filter(pk__in=[one.rules.get().pk for one in found.values()]).order_by("pk").values())


@pytest.mark.parametrize("thing", THINGS)
def test_a_rule_of_ours_is_added_changed_and_removed(client, ours, label, label_editor, thing):
    holder = ours[thing]
    form = form_of(client, page(thing, holder))
    form.add_rows("rules", [ROW])
    assert send(client, page(thing, holder), form).status_code == 302
    form = form_of(client, page(thing, holder))
    form.fill({"rules-0-DELETE": True, "rules-1-territories": ["DE"]})
    assert send(client, page(thing, holder), form).status_code == 302

    rule = holder.rules.get()
    assert (rule.scope, rule.territories, rule.access) == ("include", ["DE"], "paid")
    changes = RightsChange.objects.all()
    assert {(one.thing, one.thing_uid, one.label, one.actor_uid) for one in changes} == {
        (thing, holder.uid, label, label_editor.uid)
    }
    # The newest first: two rules became one, and before that one became two.
    assert [(len(one.before), len(one.after)) for one in changes] == [(2, 1), (1, 2)]


@pytest.mark.parametrize("thing", THINGS)
def test_the_rules_of_theirs_are_not_shown_and_not_saved(client, ours, theirs, thing):
    before = rules_of(theirs)
    form = form_of(client, page(thing, ours[thing]))
    form.add_rows("rules", [ROW])

    shown = client.get(page(thing, theirs[thing]))
    saved = send(client, page(thing, theirs[thing]), form)

    assert [(one.status_code, one.headers["Location"]) for one in (shown, saved)] == [(302, "/admin/")] * 2
    assert rules_of(theirs) == before
    assert Rule.objects.count() == 6
    assert not RightsChange.objects.exists()


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("tampered", ["id", "holder"])
def test_a_row_on_our_page_can_not_be_one_of_theirs(client, ours, theirs, thing, tampered):
    """The hidden keys of a row are changed: its own to that of their rule, or that of the thing to theirs."""
    before = rules_of(theirs)
    form = form_of(client, page(thing, ours[thing]))
    value = theirs[thing].rules.get().pk if tampered == "id" else theirs[thing].pk
    form.fill({f"rules-0-{'id' if tampered == 'id' else thing}": value, "rules-0-access": "preview"})

    send(client, page(thing, ours[thing]), form)

    assert rules_of(theirs) == before
    assert theirs[thing].rules.count() == 1


@pytest.mark.parametrize("thing", THINGS)
def test_rules_have_no_page_to_edit_them_but_their_things(client, ours, thing):
    rule = ours[thing].rules.get()

    assert client.get(reverse("admin:catalog_rule_change", args=[rule.pk])).status_code == 200
    assert client.post(reverse("admin:catalog_rule_change", args=[rule.pk]), ROW).status_code == 403
    assert client.post(reverse("admin:catalog_rule_delete", args=[rule.pk]), {"post": "yes"}).status_code == 403
    assert client.post(reverse("admin:catalog_rule_add"), {**ROW, thing: ours[thing].pk}).status_code == 403


@pytest.mark.parametrize("thing", THINGS)
def test_who_only_reads_sees_the_rules_and_saves_none(staff_as, client, ours, label, thing):
    reader = staff_as(staff_of(label, role="reader"))
    before = rules_of(ours)
    form = form_of(client, page(thing, ours[thing]))
    form.add_rows("rules", [ROW])

    shown = reader.get(page(thing, ours[thing]))

    assert ours[thing].rules.get().get_access_display() in shown.content.decode()
    assert 'name="rules-0-access"' not in shown.content.decode()
    assert send(reader, page(thing, ours[thing]), form).status_code == 403
    assert rules_of(ours) == before
    assert not RightsChange.objects.exists()
