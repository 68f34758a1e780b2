"""Uploads in parts: what the admin's page does, request by request, against a real R2."""

import uuid
from datetime import timedelta

import pytest
import requests
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client

from catalog.ingest.models import Master
from catalog.ingest.uploads import ABANDONED_AFTER, MAX_MASTER_BYTES, PART_BYTES, discard_abandoned_uploads
from streaming.lib import clock, storage
from tests.factories import LabelFactory, RecordingFactory, UserFactory

ROOT = "/admin/uploads/s3/multipart"
BYTES = b"RIFF" + bytes(PART_BYTES) + b"the end"
SIZE = len(BYTES)


@pytest.fixture
def label(db):
    return LabelFactory()


@pytest.fixture
def client(staff_as, editor):
    return staff_as(editor)


def begin(client, label, *, size=SIZE, filename="song.wav", kind="audio/wav"):
    body = {"filename": filename, "type": kind, "metadata": {"label": getattr(label, "pk", label), "size": size}}
    return client.post(ROOT, body, content_type="application/json")


def send_part(client, uid, number, body):
    signed = client.get(f"{ROOT}/{uid}/{number}")
    assert signed.status_code == 200
    answer = requests.put(signed.json()["url"], data=body, timeout=20)
    assert answer.status_code == 200
    return {"PartNumber": number, "ETag": answer.headers["ETag"].strip('"')}


def send_all(client, uid):
    return [
        send_part(client, uid, place + 1, BYTES[place * PART_BYTES : (place + 1) * PART_BYTES]) for place in range(2)
    ]


def complete(client, uid, parts):
    return client.post(f"{ROOT}/{uid}/complete", {"parts": parts}, content_type="application/json")


def stored(uid):
    found = storage.client().list_objects_v2(Bucket=settings.R2_MASTERS_BUCKET, Prefix=f"{uid}/")
    return [item["Size"] for item in found.get("Contents", [])]


def test_a_file_in_two_parts_arrives_whole(client, label, editor):
    begun = begin(client, label)
    assert begun.status_code == 201
    uid = begun.json()["uploadId"]
    assert client.get(f"/admin/uploads/{uid}").json()["state"] == "uploading"

    done = complete(client, uid, send_all(client, uid))

    assert (done.status_code, done.json()) == (200, {"location": uid, "key": uid})
    master = Master.objects.get(uid=uid)
    assert (master.label, master.created_by, master.filename) == (label, editor, "song.wav")
    assert master.uploaded_at is not None
    assert stored(uid) == [len(BYTES)]
    assert client.get(f"/admin/uploads/{uid}").json()["state"] == "inspecting"


def test_completing_again_after_a_lost_answer_changes_nothing(client, label):
    uid = begin(client, label).json()["uploadId"]
    parts = send_all(client, uid)
    complete(client, uid, parts)
    arrived = Master.objects.get(uid=uid).uploaded_at

    assert complete(client, uid, parts).status_code == 200
    assert Master.objects.get(uid=uid).uploaded_at == arrived


def test_completing_again_when_only_r2_knows_of_the_first_time(client, label):
    uid = begin(client, label).json()["uploadId"]
    parts = send_all(client, uid)
    complete(client, uid, parts)
    Master.objects.filter(uid=uid).update(uploaded_at=None)

    assert complete(client, uid, parts).status_code == 200
    assert Master.objects.get(uid=uid).uploaded_at is not None


def test_a_part_may_be_sent_again_and_the_last_one_counts(client, label):
    uid = begin(client, label).json()["uploadId"]
    send_part(client, uid, 1, bytes(PART_BYTES))

    assert complete(client, uid, send_all(client, uid)).status_code == 200


@pytest.mark.parametrize("named", [[], [1], [1, 2, 3]])
def test_parts_that_are_missing_or_too_many_are_refused(client, label, named):
    uid = begin(client, label).json()["uploadId"]
    parts = send_all(client, uid)

    answer = complete(client, uid, [{**parts[min(number, 2) - 1], "PartNumber": number} for number in named])

    assert (answer.status_code, answer.json()["code"]) == (409, "UPLOAD_MISSING")
    assert complete(client, uid, parts).status_code == 200


def test_a_part_that_never_arrived_is_refused(client, label):
    uid = begin(client, label).json()["uploadId"]
    part = send_part(client, uid, 1, BYTES[:PART_BYTES])

    answer = complete(client, uid, [part, {"PartNumber": 2, "ETag": part["ETag"]}])

    assert (answer.status_code, answer.json()["code"]) == (409, "UPLOAD_MISSING")


def test_another_size_than_announced_is_refused(client, label):
    uid = begin(client, label, size=len(BYTES) + 1).json()["uploadId"]

    answer = complete(client, uid, send_all(client, uid))

    assert (answer.status_code, answer.json()["code"]) == (409, "UPLOAD_MISSING")
    assert Master.objects.get(uid=uid).uploaded_at is None


def test_cancelling_aborts_the_upload_at_r2(client, label):
    uid = begin(client, label).json()["uploadId"]
    address = client.get(f"{ROOT}/{uid}/1").json()["url"]
    parts = [send_part(client, uid, 1, BYTES[:PART_BYTES])]

    assert client.delete(f"{ROOT}/{uid}").status_code == 200

    assert not Master.objects.exists()
    assert requests.put(address, data=BYTES[:PART_BYTES], timeout=20).status_code == 404
    assert complete(client, uid, parts).status_code == 404
    assert client.delete(f"{ROOT}/{uid}").status_code == 404


def test_a_file_that_arrived_can_be_thrown_away(client, label):
    uid = begin(client, label).json()["uploadId"]
    complete(client, uid, send_all(client, uid))

    assert client.delete(f"{ROOT}/{uid}").status_code == 200
    assert stored(uid) == []


def test_what_a_recording_was_made_of_is_not_thrown_away(client, label):
    uid = begin(client, label).json()["uploadId"]
    complete(client, uid, send_all(client, uid))
    Master.objects.filter(uid=uid).update(recording=RecordingFactory())

    answer = client.delete(f"{ROOT}/{uid}")

    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")
    assert stored(uid) == [len(BYTES)]


def test_the_parts_that_arrived_are_listed_where_r2_can(client, label):
    uid = begin(client, label).json()["uploadId"]
    send_part(client, uid, 1, BYTES[:PART_BYTES])

    answer = client.get(f"{ROOT}/{uid}")

    # The local R2 can't: then all are sent again.
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize("number", [0, 3, 10_001])
def test_a_part_beyond_the_file_is_not_signed(client, label, number):
    uid = begin(client, label).json()["uploadId"]

    assert client.get(f"{ROOT}/{uid}/{number}").status_code == 400


def test_the_address_of_a_part_takes_no_other_part_and_no_other_file(client, label):
    first, second = (begin(client, label).json()["uploadId"] for _ in range(2))
    address = client.get(f"{ROOT}/{first}/1").json()["url"]

    assert requests.put(address.replace("partNumber=1", "partNumber=2"), data=b"x", timeout=20).status_code == 403
    assert requests.put(address.replace(first, second), data=b"x", timeout=20).status_code == 403


def test_a_finished_upload_gives_no_more_addresses(client, label):
    uid = begin(client, label).json()["uploadId"]
    complete(client, uid, send_all(client, uid))

    for address in (f"{ROOT}/{uid}/1", f"{ROOT}/{uid}"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize(
    ("size", "status"), [(MAX_MASTER_BYTES, 201), (MAX_MASTER_BYTES + 1, 413), (0, 400), ("9", 400)]
)
def test_the_size_is_checked_before_anything_is_sent(client, label, size, status):
    assert begin(client, label, size=size).status_code == status


@pytest.mark.parametrize("body", [{}, {"parts": 1}, {"parts": [1]}, {"parts": [{"PartNumber": "1", "ETag": "x"}]}])
def test_malformed_parts_are_refused(client, label, body):
    uid = begin(client, label).json()["uploadId"]

    assert client.post(f"{ROOT}/{uid}/complete", body, content_type="application/json").status_code == 400


def test_a_label_that_is_not_there_is_refused(client, db):
    answer = begin(client, 2**31)

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("who", ["nobody", "a listener", "staff without the right"])
def test_only_who_may_edit_recordings_uploads_in_parts(who, label, staff_as, client):
    uid = begin(client, label).json()["uploadId"]
    stranger = Client() if who == "nobody" else staff_as(UserFactory(is_staff=who != "a listener"))

    answers = [
        begin(stranger, label),
        stranger.get(f"{ROOT}/{uid}/1"),
        stranger.get(f"{ROOT}/{uid}"),
        complete(stranger, uid, []),
        stranger.delete(f"{ROOT}/{uid}"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert Master.objects.count() == 1


def test_staff_whom_no_rule_allows_a_label_neither_see_nor_touch_its_uploads(staff_as, client, label):
    uid = begin(client, label).json()["uploadId"]
    stranger = UserFactory(is_staff=True)
    names = ("add_recording", "change_recording", "view_label", "view_master")
    stranger.user_permissions.set(Permission.objects.filter(content_type__app_label="catalog", codename__in=names))
    other = staff_as(stranger)

    answers = [
        begin(other, label),
        other.get(f"{ROOT}/{uid}/1"),
        other.get(f"{ROOT}/{uid}"),
        complete(other, uid, []),
        other.delete(f"{ROOT}/{uid}"),
        other.get(f"/admin/uploads/{uid}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6
    page = other.get("/admin/catalog/master/")
    assert page.context["labels"] == []
    assert "no label that you may add recordings to" in page.content.decode()
    assert Master.objects.count() == 1


def test_every_change_needs_the_token_of_the_page(editor, label):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)

    assert begin(client, label).status_code == 403
    assert client.delete(f"{ROOT}/{uuid.uuid4()}").status_code == 403
    assert not Master.objects.exists()


def test_an_upload_in_parts_is_not_completed_as_a_whole_one(client, label):
    uid = begin(client, label).json()["uploadId"]

    answer = client.post(f"/admin/uploads/{uid}/complete", {}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")


def test_abandoned_uploads_are_cancelled(client, label):
    old = Master.objects.get(uid=begin(client, label).json()["uploadId"])
    address = storage.presign_part(bucket=settings.R2_MASTERS_BUCKET, key=old.key, upload_id=old.upload_id, number=1)
    before = clock.now() - ABANDONED_AFTER - timedelta(hours=1)
    young = begin(client, label).json()["uploadId"]
    done = begin(client, label).json()["uploadId"]
    complete(client, done, send_all(client, done))
    Master.objects.filter(uid__in=[old.uid, done]).update(created_at=before)

    assert discard_abandoned_uploads() == 1

    assert {str(uid) for uid in Master.objects.values_list("uid", flat=True)} == {young, done}
    assert requests.put(address, data=b"x", timeout=20).status_code == 404


def test_with_r2_down_an_upload_says_so_and_can_be_repeated(transactional_db, client, edge_server):
    label = LabelFactory()
    uid = begin(client, label).json()["uploadId"]
    parts = send_all(client, uid)

    edge_server.stop()
    answers = [begin(client, label), complete(client, uid, parts), client.delete(f"{ROOT}/{uid}")]
    edge_server.start()

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "STORAGE_UNAVAILABLE")}
    assert discard_abandoned_uploads() == 0
    assert complete(client, uid, parts).status_code == 200
