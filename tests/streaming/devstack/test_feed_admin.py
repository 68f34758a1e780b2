from datetime import date

import pyotp
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.utils import timezone

from catalog.ingest.models import IngestJob, Master
from catalog.music.models import Artist, Genre, Label, Membership, Recording, Release
from streaming.devstack.demo.catalogue import ARCADE_DUO, COIN_OP_SUMMER, LANTERNS_SINGLE, MARA
from streaming.devstack.feeder.admin import Admin, Edit
from streaming.devstack.feeder.editor import ARTISTS, PEOPLE, Editor
from streaming.devstack.feeder.http import RefusedError
from tests.factories import RecordingFactory, UserFactory
from tests.factories.accounts import PASSWORD


@pytest.fixture
def web(transactional_db, live_server):
    return live_server.url


@pytest.fixture
def secret(editor):
    made = pyotp.random_base32()
    TOTP.activate(editor, made)
    return made


@pytest.fixture
def admin(web, editor, secret):
    return Admin(f"{web}/admin/", email=editor.email, password=PASSWORD, totp_secret=secret)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "cover.jpg"
    path.write_bytes(b"not looked at here")
    return path


def test_an_artist_is_added_once_and_found_after_that(admin):
    pk = Editor(admin).artist(MARA)

    assert Editor(admin).artist(MARA) == pk
    assert list(Artist.objects.values_list("pk", "name")) == [(pk, "Mara Lindqvist")]


def test_a_recording_has_its_credits_in_order(admin):
    song = COIN_OP_SUMMER.songs[2]

    recording = Recording.objects.get(pk=Editor(admin).recording(song))

    assert (recording.title, recording.isrc, recording.kind, recording.explicit) == (
        song.title,
        song.isrc,
        "audio",
        False,
    )
    assert list(recording.credits.values_list("artist__name", "role", "position")) == [
        (ARCADE_DUO.name, "main", 0),
        (MARA.name, "featured", 1),
    ]


def test_a_release_brings_its_label_genres_recordings_and_tracks(admin):
    release = Release.objects.get(pk=Editor(admin).release(COIN_OP_SUMMER))

    assert [str(rule) for rule in release.label.rules.all()] == ["Free and paid: worldwide"]
    assert (release.label.name, release.kind, release.released_on) == (
        "Night Bus Records",
        "album",
        date(2023, 8, 18),
    )
    assert {genre.name for genre in release.genres.all()} == set(COIN_OP_SUMMER.genres)
    assert [artist.name for artist in release.artists.all()] == [ARCADE_DUO.name]
    assert list(release.tracks.values_list("disc", "number", "recording__title")) == [
        (song.disc, song.number, song.title) for song in COIN_OP_SUMMER.songs
    ]


def test_a_second_editor_adds_nothing(admin):
    def rows():
        return [model.objects.count() for model in (Artist, Genre, Label, Recording, Release)]

    Editor(admin).release(LANTERNS_SINGLE)
    before = rows()

    Editor(admin).release(LANTERNS_SINGLE)

    assert rows() == before == [1, 1, 1, 2, 1]


def test_a_refused_form_raises_with_its_own_sentence(admin):
    artist = Editor(admin).artist(MARA)
    edit = Edit({"title": "", "label": Editor(admin).label("Night Bus")}, {"credits": [{"artist": artist}]})

    with pytest.raises(
        RefusedError, match=r"/admin/catalog/recording/add/ was refused\. title: This field is required"
    ):
        admin.add("catalog/recording", edit)

    assert not Recording.objects.exists()


def test_a_recording_without_an_artist_is_refused(admin):
    with pytest.raises(RefusedError, match="credits-0-artist: This field is required"):
        admin.add("catalog/recording", Edit({"title": "Nobody’s"}))


def test_a_field_that_the_form_lacks_is_named(admin):
    with pytest.raises(RefusedError, match="has no field 'colour'"):
        admin.add("catalog/artist", Edit({"colour": "red"}))


def test_a_wrong_password_is_said_to_be_wrong(web, editor, secret):
    with pytest.raises(
        RefusedError, match=r"can't sign in to the admin\. The address, the password or the code is wrong"
    ):
        Admin(f"{web}/admin/", email=editor.email, password="wrong", totp_secret=secret)


def test_a_listener_has_no_business_in_the_admin(web, bob):
    with pytest.raises(RefusedError, match="The address, the password or the code is wrong"):
        Admin(f"{web}/admin/", email=bob.email, password=PASSWORD, totp_secret=pyotp.random_base32())


def test_what_an_editor_may_not_add_is_refused(admin):
    with pytest.raises(RefusedError, match="/admin/accounts/user/add/ was answered with 403"):
        admin.add("accounts/user", Edit({}))


def test_a_user_joins_the_team_of_an_artist(admin, bob):
    UserFactory(email="another-bob@example.com")

    Editor(admin).add_to_team(MARA, bob.email)

    team = Membership.objects.values_list("artist__name", "user__email", "role")
    assert list(team) == [("Mara Lindqvist", "bob@example.com", "owner")]


def test_label_staff_join_their_label_once(admin, bob):
    for _ in range(2):
        Editor(admin).add_to_label("Night Bus", bob.email)

    team = Membership.objects.values_list("label__name", "user__email", "role")
    assert list(team) == [("Night Bus", "bob@example.com", "owner")]


def test_finding_needs_every_word(admin):
    Editor(admin).artist(MARA)

    assert list(admin.find(ARTISTS, "lindqvist mara").values()) == ["Mara Lindqvist"]
    assert admin.find(ARTISTS, "Mara Nobody") == {}
    assert list(admin.find(PEOPLE, "editor@").values()) == ["editor@example.com"]


def test_an_upload_arrives_and_waits_for_a_worker(admin, picture):
    pk = Editor(admin).release(LANTERNS_SINGLE)

    uid = admin.upload("release", pk, picture)

    master = Master.objects.get(uid=uid)
    assert (master.release_id, master.filename, master.content_type, master.size) == (pk, "cover.jpg", "image/jpeg", 18)
    assert admin.upload_state(uid)["state"] == "waiting"
    assert admin.newest_master("catalog/release", pk) == uid


def test_a_cover_is_uploaded_once_and_named_once(admin, picture):
    editor = Editor(admin)

    uid = editor.cover(LANTERNS_SINGLE, lambda: picture)

    assert uid is not None
    assert editor.cover(LANTERNS_SINGLE, lambda: picture) is None
    assert Editor(admin).cover(LANTERNS_SINGLE, lambda: picture) == uid
    assert Master.objects.count() == 1


def test_an_upload_that_was_broken_off_is_begun_again(admin, picture, editor):
    song = LANTERNS_SINGLE.songs[0]
    recording = Recording.objects.get(pk=Editor(admin).recording(song))
    Master.objects.create(recording=recording, key="half", filename="half.flac", size=9, content_type="audio/flac")

    uid = Editor(admin).master(song, lambda: picture)

    assert Master.objects.get(uid=uid).filename == "cover.jpg"


def test_lists_and_pages_say_what_failed(admin, staff_as, editor):
    recording = RecordingFactory(title="Broken")
    master = Master.objects.create(
        recording=recording, key="k", filename="a.pdf", size=9, content_type="x/y", uploaded_at=timezone.now()
    )
    sentence = "This file is not audio <or> video."
    IngestJob.objects.create(
        master=master,
        state="failed",
        stage="probe",
        error_code="NOT_MEDIA",
        error_message=sentence,
        finished_at=timezone.now(),
    )
    client = staff_as(editor)

    for address in ("/admin/catalog/recording/", f"/admin/catalog/recording/{recording.pk}/change/"):
        assert "Failed while checking: This file is not audio &lt;or&gt; video." in client.get(address).content.decode()
