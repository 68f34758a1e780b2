from urllib.parse import urlsplit

import psutil
import pytest
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
