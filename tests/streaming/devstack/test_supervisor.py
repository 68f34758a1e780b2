import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from streaming.devstack import seat
from streaming.devstack.guardian import marked, wait_until
from streaming.devstack.settled import YOURS, IncompleteError, plan, run_of
from streaming.devstack.site import ROOT


@pytest.fixture
def bare_environment(monkeypatch):
    """Without the addresses of the services of this test run."""
    for name in ("CACHE_URL", "STRIPE_SECRET_KEY", *(name for names in YOURS.values() for name in names)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "streaming.settings.base")
    return monkeypatch


START = """
import sys
from pathlib import Path
from streaming.devstack import supervisor
sys.exit(supervisor.start(Path(sys.argv[1]), ("redis",)))
"""


class Devstack:
    def __init__(self, var):
        command = [sys.executable, "-c", START, str(var)]
        # Between us and it there is a shell, as make is.
        self.shell = subprocess.Popen(
            ["sh", "-c", 'trap : INT; "$@"; exit $?', "sh", *command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.var = var
        self.said = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.shell.stdout:
            self.said += line

    def until(self, text):
        assert wait_until(lambda: text in self.said, 20), self.said

    def end(self, number=signal.SIGINT):
        os.killpg(self.shell.pid, number)
        return self.ended()

    def ended(self):
        code = self.shell.wait(20)
        self._reader.join(20)
        self.shell.stdout.close()
        return code


@pytest.fixture
def devstack(tmp_path, bare_environment):
    running = Devstack(tmp_path / "var")
    running.until("Ctrl-C stops everything")
    yield running
    if running.shell.poll() is None:
        running.end(signal.SIGKILL)


def test_a_piece_that_dies_is_named_and_started_again_and_ctrl_c_stops_everything(devstack):
    [pid] = marked(str(devstack.var))

    os.kill(pid, signal.SIGKILL)

    devstack.until("redis killed by SIGKILL. The last lines of")
    assert "Ready to accept connections" in devstack.said
    devstack.until("redis      started again")
    assert devstack.end() == 0
    assert "Everything is stopped" in devstack.said
    assert marked(str(devstack.var)) == []


def test_the_death_of_its_parent_stops_it(devstack):
    devstack.shell.kill()

    devstack.until("Everything is stopped")
    assert marked(str(devstack.var)) == []
    devstack.ended()


def test_a_second_start_in_the_same_clone_is_refused(devstack):
    second = Devstack(devstack.var)

    assert second.ended() == 1
    assert "is running already" in second.said
    assert devstack.end() == 0


def settle(var):
    found = plan(var, ())
    for held in found.held.values():
        held.give_up()
    return found


def test_a_store_with_an_address_in_the_environment_is_not_ours(tmp_path, bare_environment):
    bare_environment.setenv("DATABASE_URL", "postgres://me@db.example/backbeat")

    found = settle(tmp_path)

    assert set(found.held) == {"redis", "edge", "web", "stripe"}
    assert "DATABASE_URL" not in found.env
    assert found.site.env(**found.env)["DATABASE_URL"] == "postgres://me@db.example/backbeat"


def test_without_keys_of_your_own_stripe_is_the_stand_in(tmp_path, bare_environment):
    found = settle(tmp_path)

    assert found.env["STRIPE_API_BASE"] == f"http://localhost:{found.site.ports['stripe']}"
    assert found.env["STRIPE_SECRET_KEY"] == found.site.secrets.stripe["STRIPE_SECRET_KEY"]
    assert found.env["BILLING_SANDBOX"] == "true"
    assert run_of(found.site, found.env).stripe == found.env["STRIPE_API_BASE"]


def test_keys_of_your_own_replace_the_stand_in(tmp_path, bare_environment):
    bare_environment.setenv("STRIPE_SECRET_KEY", "sk_test_mine")

    found = settle(tmp_path)

    assert "stripe" not in found.held
    assert not [name for name in found.env if name.startswith("STRIPE_")]
    assert run_of(found.site, found.env).stripe == ""


def test_a_store_with_half_an_address_is_refused_with_the_names_to_set(tmp_path, bare_environment):
    bare_environment.setenv("R2_ENDPOINT_URL", "https://r2.example")

    with pytest.raises(IncompleteError, match="set R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY, MEDIA_BASE_URL"):
        plan(tmp_path, ())


def test_ports_and_secrets_of_the_last_run_are_used_again(tmp_path, bare_environment):
    first = settle(tmp_path)
    second = settle(tmp_path)
    assert second.site.ports == first.site.ports
    assert second.env == first.env
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_data_outside_is_forgotten_once_the_keys_to_it_are_gone(tmp_path, bare_environment):
    outside = tmp_path / "outside"
    bare_environment.setattr(seat, "outside", lambda var: [outside])
    var = tmp_path / "var"
    settle(var)
    outside.mkdir()

    settle(var)
    assert outside.exists()

    shutil.rmtree(var)
    settle(var)
    assert not outside.exists()
