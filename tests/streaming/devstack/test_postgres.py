import os
import shutil

import psycopg
import pytest

from streaming.devstack import keys, ports, postgres, seat
from streaming.devstack.site import Site
from streaming.devstack.stack import Stack


@pytest.fixture
def held():
    with ports.holding({"postgres": 0}) as held:
        yield held["postgres"]


@pytest.fixture
def closed_folder(tmp_path):
    """As a clone in a home that only its owner may enter."""
    tmp_path.chmod(0o700)
    var = tmp_path / "clone" / "var"
    var.mkdir(parents=True)
    yield var
    seat.forget(var)


def start(stack, held):
    held.release()
    stack.start(postgres.piece(stack.site, seat.find(stack.site.var)))


def test_it_runs_from_a_closed_folder_and_keeps_its_data(closed_folder, held):
    site = Site(closed_folder, keys.make(), {"postgres": held.port}, durable=False)
    first = Stack(site)
    start(first, held)
    with psycopg.connect(postgres.url(site), autocommit=True) as server:
        server.execute("CREATE TABLE kept AS SELECT 7 AS number")
        assert server.execute("SELECT collation FOR ('a'), current_setting('timezone')").fetchone()[1] == "UTC"
    first.stop()

    second = Stack(site)
    start(second, held)
    with psycopg.connect(postgres.url(site)) as server:
        assert server.execute("SELECT number FROM kept").fetchone() == (7,)
    second.stop()


def test_its_data_are_closed_to_others_and_the_password_is_needed(closed_folder, held):
    site = Site(closed_folder, keys.make(), {"postgres": held.port}, durable=False)
    stack = Stack(site)
    start(stack, held)
    place = seat.find(closed_folder).folder

    assert (place / "data").stat().st_mode & 0o077 == 0
    assert not (place / "password").exists()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.url(site).replace(site.secrets.postgres, "wrong"))
    stack.stop()


def test_an_interrupted_initdb_is_begun_again(closed_folder, held):
    site = Site(closed_folder, keys.make(), {"postgres": held.port}, durable=False)
    place = seat.find(closed_folder)
    (place.folder / "initdb").mkdir(parents=True)
    (place.folder / "initdb" / "PG_VERSION").touch()

    stack = Stack(site)
    start(stack, held)

    assert not (place.folder / "initdb").exists()
    stack.stop()


def test_without_an_open_folder_root_takes_a_namespace_or_is_told_what_to_do(closed_folder):
    try:
        found = seat.find(closed_folder, open_folders=())
    except seat.NoSeatError as refusal:
        assert "DATABASE_URL" in str(refusal)  # noqa: PT017  both ends are right: the machine decides
    else:
        assert found.works()
        assert found.prefix == (seat.NAMESPACE if os.geteuid() == 0 else ())


def test_what_lies_outside_is_removed_with_the_clone(tmp_path):
    var = tmp_path / "gone" / "var"
    var.mkdir(parents=True)
    folder = seat.find(var).folder
    folder.mkdir(exist_ok=True)
    shutil.rmtree(tmp_path / "gone")

    seat.forget_gone()

    assert not folder.exists()
