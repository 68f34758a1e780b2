"""Label staff see and touch their label only: in every page, list, filter, search, choice and by guessed addresses."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry

from catalog.ingest.models import IngestJob, Master
from catalog.music.models import Artist, Label, Membership, Recording, RecordingCredit, Release, ReleaseCredit, Track
from catalog.music.scope import PATHS, may_see, may_touch, scoped
from streaming.lib import clock
from tests.catalog.music import other_label
from tests.catalog.music.forms import form_of, send
from tests.catalog.music.other_label import MARK, snapshot, uids
from tests.factories import (
    ArtistFactory,
    GenreFactory,
    LabelFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    staff_of,
)

# What listeners keep is no label's, and has no page for its staff.
OF_LISTENERS = {"playlist", "playlistcover", "playlistentry", "recentsearch", "saved"}
# What search is made of has no page.
OF_SEARCH = {"indexrow", "searchdocument", "searchword"}
BELONGS = {name for name in PATHS if name != "label"}
PAGES = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "catalog"}
OWNED_PAGES = sorted(PAGES - {"genre", "playlist"})


@pytest.fixture
def theirs(db):
    return other_label.build()


@pytest.fixture
def ours(label):
    """A release with a track, and an artist, of the label that the member of staff works for."""
    artist = ArtistFactory(name="Night Owl", label=label)
    release = ReleaseFactory(title="Late Tram", label=label, by=[artist])
    track = TrackFactory(release=release, recording=RecordingFactory(title="Depot", label=label, by=[artist]))
    return {"artist": artist, "release": release, "recording": track.recording, "track": track, "label": label}


@pytest.fixture
def client(staff_as, label_editor, ours, theirs):
    return staff_as(label_editor)


@pytest.fixture
def hidden(theirs):
    """Says whether anything of theirs is in an answer."""
    names = [MARK, MARK.lower(), *uids(theirs), "owner@zebrafish", "4006381333931", "NLA402600077"]

    def check(answer):
        text = answer.content.decode() + str(dict(answer.headers))
        # What was asked for is repeated in the page; of theirs it holds the key at most.
        return [name for name in names if name in text]

    return check


def page(name, *parts):
    return "/".join(["/admin/catalog", name, *map(str, parts), ""])


def test_each_model_of_the_catalogue_has_an_owner_or_is_nobodys():
    models = {model._meta.model_name for model in apps.get_app_config("catalog").get_models(include_auto_created=False)}

    assert models - {"genre"} - OF_LISTENERS - OF_SEARCH == set(PATHS)


@pytest.mark.parametrize("name", sorted(PATHS))
def test_a_row_of_another_label_is_not_seen_and_not_touched(name, label_editor, theirs):
    row = theirs[name]

    assert not may_see(label_editor, row)
    assert not may_touch(label_editor, row)
    assert list(scoped(label_editor, type(row).objects.filter(pk=row.pk))) == []
    assert may_see(staff_of(theirs["label"], role="owner"), row)


@pytest.mark.parametrize("name", OWNED_PAGES)
def test_lists_searches_and_pop_ups_show_nothing_of_theirs(name, client, theirs, hidden):
    key = theirs[name].pk
    for query in (
        "", f"?q={MARK}", "?_popup=1", "?_popup=1&_to_field=id", "?_to_field=uid&_popup=1", "?all=", "?p=2",
        "?o=1.2.3.4", "?_facets=1", f"?id__exact={key}", f"?label__id__exact={theirs['label'].pk}",
        f"?label__name__startswith={MARK[:3]}", f"?release__label__id__exact={theirs['label'].pk}", f"?e={MARK}",
    ):  # fmt: skip
        answer = client.get(page(name) + query, follow=True)

        assert answer.status_code in (200, 400, 403), query
        found = hidden(answer)
        if MARK in query:
            # The box repeats what was searched for.
            found = [one for one in found if one != MARK]
            assert theirs["label"].name not in answer.content.decode()
        assert found == [], query


@pytest.mark.parametrize("name", OWNED_PAGES)
def test_pages_of_theirs_look_like_pages_of_nothing(name, client, theirs, hidden):
    before = snapshot()
    for part in ("change/", "delete/", "history/", ""):
        for query in ("", "?_popup=1", "?_to_field=id", "?_changelist_filters=q%3Dx"):
            own, none = (client.get(page(name, key) + part + query) for key in (theirs[name].pk, 999_999_999))

            assert own.status_code == none.status_code, part
            assert own.headers.get("Location") == (
                none.headers.get("Location") and none.headers["Location"].replace("999999999", str(theirs[name].pk))
            )
            assert hidden(client.get(page(name, theirs[name].pk) + part + query, follow=True)) == []
        for data in ({}, {"post": "yes"}, {"_save": "1", "title": "Mine", "name": "Mine", "label": "1"}):
            own, none = (client.post(page(name, key) + part, data) for key in (theirs[name].pk, 999_999_999))

            assert own.status_code == none.status_code
            assert hidden(client.post(page(name, theirs[name].pk) + part, data, follow=True)) == []
    assert snapshot() == before


@pytest.mark.parametrize("name", OWNED_PAGES)
def test_actions_on_rows_of_theirs_do_nothing(name, client, theirs, hidden):
    before = snapshot()
    for extra in ({}, {"post": "yes"}, {"select_across": "1"}):
        data = {"action": "delete_selected", "_selected_action": [theirs[name].pk], **extra}
        answer = client.post(page(name), data, follow=True)

        assert hidden(answer) == []
    after = snapshot()
    assert all(row in after[table] for table in before for row in before[table] if MARK in str(row))


def sources():
    """Every choice of every model that completes what is typed: (model, field, the model that is asked)."""
    for model in apps.get_app_config("catalog").get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if field.is_relation and not field.auto_created and field.related_model in admin.site._registry:
                yield model._meta.model_name, field.name


@pytest.mark.parametrize("source", sorted(sources()), ids="-".join)
def test_no_completion_offers_a_row_of_theirs(source, client, hidden):
    for term in ("", MARK, MARK[:4], "zebrafish.example"):
        params = {"app_label": "catalog", "model_name": source[0], "field_name": source[1], "term": term}
        answer = client.get("/admin/autocomplete/", params)

        # 404 where nothing is completed.
        assert answer.status_code in (200, 403, 404)
        assert hidden(answer) == []


@pytest.mark.parametrize("name", ["release", "recording", "track", "artist"])
def test_pages_of_ours_offer_nothing_of_theirs(name, client, ours, hidden):
    for address in (page(name, "add"), page(name, ours[name].pk, "change"), page(name, ours[name].pk, "delete")):
        answer = client.get(address)

        assert answer.status_code == 200
        assert hidden(answer) == []


def test_home_search_and_shortcuts_show_nothing_of_theirs(client, theirs, hidden):
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_model(Release).pk
    own, none = (client.get(f"/admin/r/{kind}/{key}/") for key in (theirs["release"].pk, 999_999_999))

    assert own.status_code == none.status_code == 404
    assert {**own.json(), "request_id": ""} == {**none.json(), "request_id": ""}
    for address in ("/admin/", f"/admin/search/?s={MARK}&extended=1", "/admin/search/?s=label"):
        found = [name for name in hidden(client.get(address)) if name not in (MARK, MARK.lower())]
        assert found == []
    assert MARK not in client.get("/admin/").content.decode()


TAMPERED = [
    ("release", {"label": "label"}, {}),
    ("release", {}, {"credits": {"artist": "artist"}}),
    ("release", {}, {"tracks": {"recording": "recording", "disc": 3, "number": 3}}),
    ("recording", {"label": "label"}, {}),
    ("recording", {}, {"credits": {"artist": "artist", "role": "producer"}}),
    ("track", {"release": "release"}, {}),
    ("track", {"recording": "recording"}, {}),
    ("artist", {"label": "label"}, {}),
]


@pytest.mark.parametrize(("name", "fields", "rows"), TAMPERED)
def test_a_choice_of_theirs_is_refused_like_one_that_is_not_there(name, fields, rows, client, ours, theirs, hidden):
    before = snapshot()
    address = page(name, ours[name].pk, "change")
    complaints = []
    for key in ("theirs", "nothing"):

        def value(one, key=key):
            if one not in theirs:
                return one
            return theirs[one].pk if key == "theirs" else 999_999_999

        form = form_of(client, address)
        form.fill({field: value(one) for field, one in fields.items()})
        for prefix, row in rows.items():
            form.add_rows(prefix, [{field: value(one) for field, one in row.items()}])
        answer = send(client, address, form)
        assert answer.status_code == 200
        assert hidden(answer) == []
        complaints.append(answer.content.decode().count("Select a valid choice"))

    assert complaints[0] == complaints[1] >= 1
    assert snapshot() == before


def test_a_row_of_an_inline_can_not_be_one_of_theirs(client, ours, theirs, hidden):
    """The hidden keys of the rows are changed to those of another label's credit and track."""
    before = snapshot()
    address = page("release", ours["release"].pk, "change")
    form = form_of(client, address)
    form.fill({"credits-0-id": theirs["releasecredit"].pk, "tracks-0-id": theirs["track"].pk})
    form.fill({"tracks-0-number": 77})
    assert hidden(send(client, address, form)) == []
    form = form_of(client, address)
    form.fill({"credits-0-release": theirs["release"].pk, "tracks-0-release": theirs["release"].pk})
    form.fill({"tracks-0-number": 5})
    send(client, address, form)
    after = snapshot()
    assert all(row in after[table] for table in before for row in before[table] if MARK in str(row))
    assert Track.objects.filter(release=theirs["release"]).count() == 1


def test_what_label_staff_add_is_of_their_label(client, label, hidden):
    genre = GenreFactory()
    form = form_of(client, page("artist", "add"))
    assert form.values["label"] == [str(label.pk)]
    form.fill({"name": "New Owl"})
    send(client, page("artist", "add"), form)
    artist = Artist.objects.get(name="New Owl")

    form = form_of(client, page("recording", "add"))
    assert "ad" not in client.get(page("recording", "add")).context["adminform"].form.fields["kind"].choices
    form.fill({"title": "Points", "credits-0-artist": artist.pk})
    assert send(client, page("recording", "add"), form).status_code == 302
    recording = Recording.objects.get(title="Points")

    form = form_of(client, page("release", "add"))
    form.fill({"title": "Switches", "genres": [genre.pk], "credits-0-artist": artist.pk})
    form.add_rows("tracks", [{"recording": recording.pk, "disc": 1, "number": 1}])
    assert send(client, page("release", "add"), form).status_code == 302
    release = Release.objects.get(title="Switches")

    assert {artist.label, recording.label, release.label} == {label}
    for empty in ("recording", "release", "artist"):
        form = form_of(client, page(empty, "add"))
        form.fill({"label": ""})
        assert "This field is required" in send(client, page(empty, "add"), form).content.decode()


def test_label_staff_make_no_ads_labels_genres_or_takedowns(client, ours, theirs):
    form = form_of(client, page("recording", "add"))
    form.fill({"kind": "ad", "title": "Buy", "label": ""})

    assert "Select a valid choice" in send(client, page("recording", "add"), form).content.decode()
    assert client.get(page("label", "add")).status_code == 403
    assert client.post(page("label", ours["label"].pk, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(page("genre", "add")).status_code == 403
    assert client.get(page("genre")).status_code == 200


def test_an_artist_who_is_public_can_be_credited_and_not_changed(client, ours, theirs, hidden):
    public = ArtistFactory(name="Everybody Knows", label=theirs["label"])
    ReleaseCredit.objects.create(release=ReleaseFactory(label=theirs["label"]), artist=public)
    Membership.objects.create(user=theirs["membership"].user, artist=public, role="owner")
    address = page("artist", public.pk)

    answer = client.get(address + "change/")
    assert answer.status_code == 200
    assert hidden(answer) == []
    assert client.post(address + "change/", {"name": "Mine"}).status_code == 403
    assert client.post(address + "delete/", {"post": "yes"}).status_code == 403
    assert client.get(address + "history/").status_code == 302
    data = {"action": "delete_selected", "_selected_action": [public.pk]}
    asked = client.post(page("artist"), data)
    assert hidden(asked) == []
    assert client.post(page("artist"), {**data, "post": "yes"}).status_code in (302, 403)
    assert Artist.objects.filter(pk=public.pk).exists()
    assert client.get(page("artist") + f"?label={theirs['label'].pk}").status_code in (302, 400)
    form = form_of(client, page("release", ours["release"].pk, "change"))
    form.add_rows("credits", [{"artist": public.pk}])
    assert send(client, page("release", ours["release"].pk, "change"), form).status_code == 302


def test_what_stands_against_a_deletion_is_not_named(client, ours, theirs, hidden):
    """An editor put our recording on their compilation, and our artist on their recording."""
    Track.objects.create(release=theirs["release"], recording=ours["recording"], number=9)
    RecordingCredit.objects.create(recording=theirs["recording"], artist=ours["artist"], role="featured")

    for name in ("recording", "artist"):
        asked = client.get(page(name, ours[name].pk, "delete"))
        refused = client.post(page(name, ours[name].pk, "delete"), {"post": "yes"})
        together = client.post(page(name), {"action": "delete_selected", "_selected_action": [ours[name].pk]})
        for answer in (asked, refused, together):
            assert hidden(answer) == []
            # Of a recording with a master the jobs stand against it before anything else does.
            assert name == "recording" or "Take it off that first" in answer.content.decode()
    assert Recording.objects.filter(pk=ours["recording"].pk).exists()


def test_a_recording_that_an_editor_placed_stays_on_the_release(client, ours, db):
    """Of a compilation: the others' song is shown on our release, and the page can be saved."""
    other = RecordingFactory(title="Guest", label=LabelFactory(), isrc="NLA402600078")
    Track.objects.create(release=ours["release"], recording=other, number=8)
    address = page("release", ours["release"].pk, "change")
    form = form_of(client, address)
    form.fill({"title": "Later Tram"})

    assert send(client, address, form).status_code == 302
    assert not may_see(staff_of(ours["label"]), other)


@pytest.mark.parametrize("name", ["artist", "recording", "release", "track"])
def test_tables_hold_nothing_of_theirs(name, client, ours, theirs, hidden):
    asked = {"format": "0", "resource": "0"}
    for query in ("", "?all=", f"?id__exact={theirs[name].pk}", f"?uid__exact={theirs[name].uid}"):
        assert hidden(client.post(page(name, "export") + query, asked, follow=True)) == [], query
    assert str(ours[name].uid) in client.post(page(name, "export"), asked).content.decode()
    chosen = {"action": "export_admin_action", "_selected_action": [theirs[name].pk], **asked}
    assert hidden(client.post(page(name), chosen, follow=True)) == []
    assert hidden(client.get(page(name, "import"))) == []


def test_the_time_machine_goes_to_ours_only(client, ours, theirs, hidden):
    theirs["release"].announced_at = clock.now() + timedelta(days=1)
    theirs["release"].save()
    tomorrow = (clock.now() + timedelta(days=3)).date()
    for asked in ({"country": "US"}, {"until": tomorrow}, {"country": "US", "search": MARK}):
        answer = client.get("/admin/catalog/rule/time-machine/", asked)

        assert answer.status_code == 200
        assert hidden(answer) == ([MARK] if "search" in asked else [])
    assert "Depot" in client.get("/admin/catalog/rule/time-machine/", {"country": "US"}).content.decode()


def test_the_upload_page_shows_and_takes_nothing_of_theirs(client, theirs, hidden):
    file = Master.objects.create(
        label=theirs["label"], key="inbox", filename=f"{MARK}.flac", size=9, content_type="audio/flac",
        uploaded_at=clock.now(), inspected_at=clock.now(), proposals={"title": MARK},
    )  # fmt: skip
    before = snapshot()

    assert hidden(client.get(page("master"))) == []
    row = {f"file-{file.uid}-{name}": value for name, value in (("take", "on"), ("title", "x"), ("artists", "y"))}
    taken = client.post(page("master"), {"group": f"release-{file.uid}", "master": [str(file.uid)], **row}, follow=True)

    assert hidden(taken) == []
    assert client.delete(f"/admin/uploads/s3/multipart/{file.uid}").status_code == 404
    assert snapshot() == before


WAV = {"filename": "song.wav", "size": 4, "content_type": "audio/wav"}


@pytest.mark.parametrize("name", ["recording", "release"])
def test_uploads_for_something_of_theirs_are_refused_like_for_nothing(name, client, theirs, hidden):
    answers = [
        client.post("/admin/uploads/start", {name: key, **WAV}, content_type="application/json")
        for key in (theirs[name].pk, 999_999_999)
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json()["errors"] == answers[1].json()["errors"]
    assert not Master.objects.filter(filename="song.wav").exists()


def test_uploads_of_theirs_are_not_there(client, theirs):
    waiting = Master.objects.create(recording=theirs["recording"], key="w", filename="w.wav", size=1, content_type="a")
    for uid in (waiting.uid, theirs["master"].uid):
        assert client.get(f"/admin/uploads/{uid}").status_code == 404
        assert client.post(f"/admin/uploads/{uid}/complete").status_code == 404
    waiting.refresh_from_db()
    assert waiting.uploaded_at is None


@pytest.mark.parametrize("belongs", ["label", "recording", "release"])
def test_a_job_is_seen_by_the_label_that_its_file_belongs_to(belongs, client, ours, staff_as, theirs):
    """To what the file is for, or, while it is for nothing yet, to the label that uploaded it."""
    master = Master.objects.create(**{belongs: ours[belongs]}, key="w", filename="w.wav", size=1, content_type="a")
    job = IngestJob.objects.create(master=master)
    stranger = staff_of(theirs["label"])

    assert "w.wav" in client.get(page("ingestjob")).content.decode()
    assert "w.wav" not in staff_as(stranger).get(page("ingestjob")).content.decode()
    for user, sees in ((stranger, False), (staff_of(ours["label"]), True)):
        assert (may_see(user, job), may_touch(user, job)) == (sees, sees)
    assert not may_touch(staff_of(ours["label"], role="reader"), job)


def test_uploads_of_ours_start_and_are_followed(client, ours):
    started = client.post(
        "/admin/uploads/start", {"recording": ours["recording"].pk, **WAV}, content_type="application/json"
    )

    assert started.status_code == 201
    assert client.get(f"/admin/uploads/{started.json()['master']}").status_code == 200


@pytest.fixture
def reader(label, staff_as):
    return staff_as(staff_of(label, role="reader"))


def test_a_reader_looks_and_changes_nothing(reader, ours, theirs, hidden):
    before = snapshot()
    for name in ("release", "recording", "track", "artist", "label"):
        address = page(name, ours[name].pk)
        assert reader.get(page(name)).status_code == 200
        shown = reader.get(address + "change/")
        assert shown.status_code == 200
        assert 'name="_save"' not in shown.content.decode()
        assert reader.post(address + "change/", {"title": "x", "name": "x"}).status_code == 403
        assert reader.post(address + "delete/", {"post": "yes"}).status_code == 403
        assert reader.post(page(name, "add"), {"title": "x", "name": "x"}).status_code == 403
        reader.post(page(name), {"action": "delete_selected", "_selected_action": [ours[name].pk], "post": "yes"})
    started = reader.post("/admin/uploads/start", {"recording": ours["recording"].pk, **WAV}, "application/json")
    assert started.status_code == 400
    assert snapshot() == before


def test_who_leaves_the_team_is_out_at_once(client, label_editor, ours):
    assert client.get(page("release", ours["release"].pk, "change")).status_code == 200

    Membership.objects.filter(user=label_editor).delete()

    assert client.get(page("release", ours["release"].pk, "change")).status_code == 302
    assert "Late Tram" not in client.get(page("release")).content.decode()


def test_the_role_alone_opens_nothing(staff_as, ours, theirs, hidden):
    nobodys = staff_as(staff_of())

    for name in OWNED_PAGES:
        assert hidden(nobodys.get(page(name))) == []
        assert "Late Tram" not in nobodys.get(page(name)).content.decode()
    assert nobodys.get(page("release", "add")).status_code == 403


def test_somebody_of_two_labels_sees_both_and_chooses(staff_as, ours, theirs):
    both = staff_as(staff_of(ours["label"], theirs["label"]))

    text = both.get(page("release")).content.decode()
    assert "Late Tram" in text
    assert MARK in text
    assert form_of(both, page("release", "add")).values["label"] == []


def test_an_editor_sees_all(staff_as, editor, ours, theirs):
    text = staff_as(editor).get(page("release")).content.decode()

    assert "Late Tram" in text
    assert MARK in text


def test_history_of_ours_is_shown(client, ours, label_editor):
    form = form_of(client, page("recording", ours["recording"].pk, "change"))
    form.fill({"title": "Terminus"})
    send(client, page("recording", ours["recording"].pk, "change"), form)

    assert LogEntry.objects.get().user == label_editor
    assert "Changed Title" in client.get(page("recording", ours["recording"].pk, "history")).content.decode()


def test_label_staff_meet_no_accounts_and_no_other_apps(client):
    for address in (
        "/admin/accounts/user/",
        "/admin/auth/group/",
        "/admin/playback/campaign/",
        "/admin/billing/grant/",
    ):
        assert client.get(address).status_code == 403


def test_a_labels_name_can_be_changed_by_its_people(client, label):
    form = form_of(client, page("label", label.pk, "change"))
    form.fill({"name": "Night Tram Records"})

    assert send(client, page("label", label.pk, "change"), form).status_code == 302
    assert Label.objects.get(pk=label.pk).name == "Night Tram Records"
