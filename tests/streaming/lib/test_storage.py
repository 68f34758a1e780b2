import io
from urllib.parse import urlsplit

import psutil
import pytest
import urllib3
from botocore.awsrequest import AWSResponse
from django.conf import settings

from streaming.lib import storage

KEY = "tests/download"


def connections():
    """How many this process has to R2."""
    port = urlsplit(settings.R2_ENDPOINT_URL).port
    return sum(bool(each.raddr) and each.raddr.port == port for each in psutil.Process().net_connections())


class Enough(Exception):
    pass


@pytest.fixture
def stored():
    content = bytes(range(256)) * 80_000
    storage.client().put_object(Bucket=settings.R2_MASTERS_BUCKET, Key=KEY, Body=content)
    yield content
    storage.client().delete_object(Bucket=settings.R2_MASTERS_BUCKET, Key=KEY)


def test_a_download_tells_of_every_byte(stored, tmp_path):
    told = []

    storage.download(bucket=settings.R2_MASTERS_BUCKET, key=KEY, path=tmp_path / "file", on_bytes=told.append)

    assert (tmp_path / "file").read_bytes() == stored
    assert (sum(told), len(told) > 1) == (len(stored), True)


def test_who_is_told_can_end_a_download(stored, tmp_path):
    def end(more):
        raise Enough

    with pytest.raises(Enough):
        storage.download(bucket=settings.R2_MASTERS_BUCKET, key=KEY, path=tmp_path / "file", on_bytes=end)

    assert list(tmp_path.iterdir()) == []


def test_an_ended_download_leaves_no_connection_open(stored, tmp_path):
    def end(more):
        raise Enough

    before = connections()
    for _ in range(3):
        with pytest.raises(Enough):
            storage.download(bucket=settings.R2_MASTERS_BUCKET, key=KEY, path=tmp_path / "file", on_bytes=end)

    assert connections() <= before


def test_of_a_download_that_breaks_off_nothing_is_left(tmp_path):
    with pytest.raises(storage.NoSuchObject):
        storage.download(bucket=settings.R2_MASTERS_BUCKET, key="tests/none", path=tmp_path / "file")

    assert list(tmp_path.iterdir()) == []


def whole(tmp_path, *, size=1):
    path = tmp_path / "whole"
    path.write_bytes(bytes(size))
    return path


# Everything that asks R2, as (name, call with the bucket).
ASKED = {
    "size_of": lambda bucket, folder: storage.size_of(bucket=bucket, key=KEY),
    "download": lambda bucket, folder: storage.download(bucket=bucket, key=KEY, path=folder / "file"),
    "upload": lambda bucket, folder: storage.upload(bucket=bucket, key=KEY, path=whole(folder), content_type="a/b"),
    "delete_prefix": lambda bucket, folder: storage.delete_prefix(bucket=bucket, prefix=KEY),
    "start_parts": lambda bucket, folder: storage.start_parts(bucket=bucket, key=KEY, content_type="a/b"),
}


@pytest.fixture
def new_client():
    """A client that reads the settings as a test has changed them, and none of it afterwards."""
    storage.client.cache_clear()
    yield
    storage.client.cache_clear()


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("wrong", ["R2_SECRET_ACCESS_KEY", "R2_ACCESS_KEY_ID", "bucket"])
def test_a_refusal_is_no_outage_and_the_operator_reads_why(new_client, settings, tmp_path, caplog, asked, wrong):
    bucket = settings.R2_MASTERS_BUCKET
    if wrong == "bucket":
        bucket = "nowhere"
    else:
        setattr(settings, wrong, "x" * 32)

    with pytest.raises(storage.StorageRefused) as refused:
        ASKED[asked](bucket, tmp_path)

    assert not refused.value.is_full
    lines = [record for record in caplog.records if record.name == "streaming.lib.storage"]
    assert [(line.levelname, line.bucket) for line in lines] == [("ERROR", bucket)]
    assert refused.value.code in lines[0].getMessage()
    assert "R2_SECRET_ACCESS_KEY" in lines[0].getMessage()
    assert "x" * 32 not in caplog.text


@pytest.fixture
def answering(new_client):
    """Has R2 answer to everything with an error of this status and code."""

    def install(status, code):
        def answer(request, **kwargs):
            body = io.BytesIO(f"<Error><Code>{code}</Code></Error>".encode())
            return AWSResponse(request.url, status, {}, urllib3.HTTPResponse(body, preload_content=False))

        storage.client().meta.events.register("before-send.s3", answer)

    return install


# The second size goes up in parts.
@pytest.mark.parametrize("size", [1, 9_000_000])
@pytest.mark.parametrize(("status", "code"), [(403, "StorageQuotaExceeded"), (507, "InsufficientStorage")])
def test_a_full_store_is_told_from_a_wrong_key(answering, tmp_path, caplog, size, status, code):
    answering(status, code)

    with pytest.raises(storage.StorageRefused) as refused:
        storage.upload(bucket="b", key=KEY, path=whole(tmp_path, size=size), content_type="a/b")

    assert refused.value.is_full
    assert "free some space" in caplog.text


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (429, "TooManyRequests")])
def test_trouble_of_r2s_own_is_no_refusal(answering, tmp_path, caplog, status, code):
    answering(status, code)

    with pytest.raises(storage.StorageUnavailable) as trouble:
        storage.upload(bucket="b", key=KEY, path=whole(tmp_path), content_type="a/b")

    assert not isinstance(trouble.value, storage.StorageRefused)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
