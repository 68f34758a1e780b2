import uuid

import pytest
import requests
from django.db import connection

from catalog.ingest.models import IngestJob, Master
from tests.factories import RecordingFactory, ReleaseFactory, UserFactory

WAV = {"filename": "song.wav", "size": 4, "content_type": "audio/wav"}


@pytest.fixture
def recording(db):
    return RecordingFactory()


def start(client, body):
    return client.post("/admin/uploads/start", body, content_type="application/json")


def complete(client, uid):
    return client.post(f"/admin/uploads/{uid}/complete", {}, content_type="application/json")


def test_an_editor_uploads_a_master_straight_to_storage(staff_as, editor, recording):
    client = staff_as(editor)

    begun = start(client, {"recording": recording.pk, **WAV})

    assert begun.status_code == 201
    upload = begun.json()
    assert client.get(f"/admin/uploads/{upload['master']}").json() == {
        "master": upload["master"],
        "filename": "song.wav",
        "state": "uploading",
        "stage": "",
        "progress": 0,
        "message": "",
    }
    assert requests.put(upload["url"], data=b"RIFF", headers=upload["headers"], timeout=10).status_code == 200
    done = complete(client, upload["master"])
    assert done.status_code == 202
    assert done.json()["state"] == "waiting"
    assert Master.objects.get(uid=upload["master"]).created_by == editor


def test_completing_twice_makes_one_job(staff_as, editor, recording):
    client = staff_as(editor)
    upload = start(client, {"recording": recording.pk, **WAV}).json()
    requests.put(upload["url"], data=b"RIFF", headers=upload["headers"], timeout=10)

    answers = [complete(client, upload["master"]) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert IngestJob.objects.count() == 1


def test_a_cover_belongs_to_a_release(staff_as, editor, db):
    release = ReleaseFactory()

    begun = start(staff_as(editor), {"release": release.pk, **WAV, "content_type": "image/png"})

    assert begun.status_code == 201
    assert Master.objects.get().release == release


def test_completing_before_the_file_is_there_is_refused(staff_as, editor, recording):
    client = staff_as(editor)
    upload = start(client, {"recording": recording.pk, **WAV}).json()

    answer = complete(client, upload["master"])

    assert (answer.status_code, answer.json()["code"]) == (409, "UPLOAD_MISSING")
    assert not IngestJob.objects.exists()


@pytest.fixture(params=["nobody", "a listener", "staff without the right"])
def stranger(request, client, staff_as, db):
    if request.param == "nobody":
        return client
    return staff_as(UserFactory(is_staff=request.param != "a listener"))


def test_only_who_may_edit_recordings_uploads(stranger, recording):
    master = Master.objects.create(recording=recording, key="k", filename="a.wav", size=1, content_type="audio/wav")

    answers = [
        start(stranger, {"recording": recording.pk, **WAV}),
        complete(stranger, master.uid),
        stranger.get(f"/admin/uploads/{master.uid}"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert {answer.json()["code"] for answer in answers} == {"FORBIDDEN"}
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert Master.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ({**WAV}, "/recording"),
        ({**WAV, "recording": 1, "release": 1}, "/recording"),
        ({**WAV, "recording": "1"}, "/recording"),
        ({**WAV, "recording": True}, "/recording"),
        ({**WAV, "recording": 0}, "/recording"),
        ({**WAV, "recording": 2**80}, "/recording"),
        ({**WAV, "release": 0}, "/release"),
        ({**WAV, "recording": "ours", "filename": 7}, "/filename"),
        ({**WAV, "recording": "ours", "filename": "\n "}, "/filename"),
        ({**WAV, "recording": "ours", "size": "4"}, "/size"),
        ({**WAV, "recording": "ours", "size": 4.5}, "/size"),
        ({**WAV, "recording": "ours", "size": 0}, "/size"),
        ({**WAV, "recording": "ours", "size": -1}, "/size"),
        ({**WAV, "recording": "ours", "content_type": None}, "/content_type"),
    ],
)
def test_a_malformed_body_is_refused_with_a_pointer(staff_as, editor, recording, body, pointer):
    if isinstance(body, dict) and body.get("recording") == "ours":
        body = {**body, "recording": recording.pk}

    answer = start(staff_as(editor), body)

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not Master.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"title=x"])
def test_a_body_that_is_not_json_is_refused(staff_as, editor, body):
    answer = start(staff_as(editor), body)

    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED_BODY")


def test_a_file_that_is_too_large_is_refused(staff_as, editor, recording):
    answer = start(staff_as(editor), {**WAV, "recording": recording.pk, "size": 2**62})

    assert (answer.status_code, answer.json()["code"]) == (413, "UPLOAD_TOO_LARGE")


def test_an_unknown_upload_is_not_found(staff_as, editor):
    client, uid = staff_as(editor), uuid.uuid4()

    assert client.get(f"/admin/uploads/{uid}").status_code == 404
    assert complete(client, uid).status_code == 404


def test_a_malformed_uid_is_refused_with_a_pointer(staff_as, editor):
    client = staff_as(editor)

    for answer in (client.get("/admin/uploads/not-a-uid"), complete(client, "not-a-uid")):
        assert answer.status_code == 400
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/uid"]


def test_starting_needs_the_token_of_the_form(editor, recording):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)

    assert start(client, {"recording": recording.pk, **WAV}).status_code == 403
    assert not Master.objects.exists()


def test_only_post_starts_and_completes(staff_as, editor):
    client = staff_as(editor)

    assert client.get("/admin/uploads/start").status_code == 405
    assert client.get(f"/admin/uploads/{uuid.uuid4()}/complete").status_code == 405
    assert client.post(f"/admin/uploads/{uuid.uuid4()}").status_code == 405


def test_with_the_database_gone_an_upload_is_503(transactional_db, staff_as, editor, postgres_server):
    client = staff_as(editor)
    client.raise_request_exception = False
    postgres_server.stop()

    response = client.get(f"/admin/uploads/{uuid.uuid4()}")

    postgres_server.start()
    connection.close()
    assert (response.status_code, response.json()["code"]) == (503, "UNAVAILABLE")
