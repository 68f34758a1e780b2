"""The edge as the local stack runs it: the S3 interface, what a browser may upload, and that masters stay hidden."""

import http.client
import time
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings

from streaming.lib import storage
from streaming.lib.links import media_link

MASTER = b"an uploaded original"
PAGES = ["http://localhost:4173", "http://127.0.0.1:4173"]
STRANGER = "https://elsewhere.example"


def send(method, target, *, body=None, headers=None):
    """`target` is sent as it is: http.client puts no path in order."""
    address = urlsplit(settings.MEDIA_BASE_URL)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request(method, target, body=body, headers=headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def target_of(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def presigned(key, content_type="audio/flac"):
    return target_of(storage.presign_put(bucket=settings.R2_MASTERS_BUCKET, key=key, content_type=content_type))


@pytest.fixture
def master(tmp_path):
    path = tmp_path / "master.flac"
    path.write_bytes(MASTER)
    key = f"{uuid4()}.flac"
    storage.upload(bucket=settings.R2_MASTERS_BUCKET, key=key, path=path, content_type="audio/flac")
    return key


def test_a_link_of_the_signer_opens_a_range_of_what_was_uploaded(tmp_path):
    asset = uuid4()
    path = tmp_path / "a96.mp4"
    path.write_bytes(bytes(range(256)))
    storage.upload(bucket=settings.R2_MEDIA_BUCKET, key=f"{asset}/a96.mp4", path=path, content_type="audio/mp4")
    link = media_link(
        base_url=settings.MEDIA_BASE_URL,
        key=settings.MEDIA_LINK_KEYS[0],
        asset=asset,
        file="a96.mp4",
        issued_at=int(time.time()),
    )

    answer, content = send("GET", target_of(link.url), headers={"Range": "bytes=16-31"})

    assert (answer.status, answer.headers["Content-Type"]) == (206, "audio/mp4")
    assert content == bytes(range(16, 32))


@pytest.mark.parametrize(
    "target",
    [
        "/{key}",
        "/masters/{key}",
        "/cdn-cgi/local/r2/public/masters/{key}",
        "/cdn-cgi/local/r2/s3/../public/masters/{key}",
        "/cdn-cgi/local/r2/s3/%2e%2e/public/masters/{key}",
        "/cdn-cgi/local/r2/s3\\..\\public/masters/{key}",
        "/x/../cdn-cgi/local/r2/public/masters/{key}",
    ],
)
def test_a_master_is_never_handed_out(master, target):
    answer, content = send("GET", target.format(key=master))

    assert answer.status == 403
    assert MASTER not in content


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_the_s3_interface_does_nothing_without_a_signature(master, method):
    answer, content = send(method, f"/cdn-cgi/local/r2/s3/masters/{master}")

    assert answer.status == 400
    assert MASTER not in content
    assert storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=master) == len(MASTER)


def test_media_is_not_handed_out_past_the_check():
    answer, _ = send("GET", "/cdn-cgi/local/r2/public/media/x")

    assert answer.status == 403


@pytest.mark.parametrize("page", PAGES)
def test_a_page_on_this_machine_may_upload_to_a_presigned_address(page):
    key = f"{uuid4()}.flac"
    target = presigned(key)

    preflight, _ = send(
        "OPTIONS",
        target,
        headers={
            "Origin": page,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    put, _ = send("PUT", target, body=MASTER, headers={"Origin": page, "Content-Type": "audio/flac"})

    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type"
    assert put.status == 200
    assert put.headers["Access-Control-Allow-Origin"] == "*"
    assert storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=key) == len(MASTER)


def test_a_page_elsewhere_may_not_upload():
    answer, _ = send(
        "PUT", presigned("x.flac"), body=MASTER, headers={"Origin": STRANGER, "Content-Type": "audio/flac"}
    )

    assert answer.status == 403
    assert answer.headers["Access-Control-Allow-Origin"] is None


def test_an_upload_with_a_changed_signature_is_refused():
    target = presigned("x.flac").replace("X-Amz-Expires=3600", "X-Amz-Expires=3601")

    answer, _ = send("PUT", target, body=MASTER, headers={"Content-Type": "audio/flac"})

    assert answer.status == 403


def test_an_upload_of_another_content_type_is_refused():
    answer, _ = send("PUT", presigned("x.flac"), body=MASTER, headers={"Content-Type": "text/html"})

    assert answer.status == 403
