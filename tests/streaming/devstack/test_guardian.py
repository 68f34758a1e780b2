import os
import signal
import subprocess
import sys

import pytest

from streaming.devstack.guardian import MARK, Guardian, alive_in, marked, wait_until
from streaming.devstack.processes import Child, Piece
from streaming.devstack.site import ROOT

# A stack whose piece starts one child in its own group and one in a session of its own, as ffmpeg and workerd may be.
STACK = """
import sys, time
from pathlib import Path
from streaming.devstack.guardian import MARK, Guardian
from streaming.devstack.processes import Child, Piece
var = Path(sys.argv[1])
command = ["sh", "-c", "sleep 600 & setsid sleep 600 & echo started; wait"]
env = {MARK: str(var), "PATH": "/usr/bin:/bin"}
piece = Piece("piece", command, ready=lambda child: child.has_printed("started"), env=env)
child = Child(piece, log=var / "log", guardian=Guardian(str(var), [var / "thrown-away"]))
while not piece.ready(child):
    time.sleep(0.01)
print(child.pid, flush=True)
time.sleep(600)
"""


def test_kill_9_of_the_parent_ends_the_whole_group_and_what_left_it(tmp_path):
    (tmp_path / "thrown-away" / "data").mkdir(parents=True)
    parent = subprocess.Popen([sys.executable, "-c", STACK, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    group = int(parent.stdout.readline())
    assert wait_until(lambda: len(marked(str(tmp_path))) == 3, 5)

    parent.kill()
    parent.communicate()

    assert wait_until(lambda: not alive_in(group) and not marked(str(tmp_path)), 10)
    assert wait_until(lambda: not (tmp_path / "thrown-away").exists(), 5)


@pytest.fixture
def guardian(tmp_path):
    guardian = Guardian(str(tmp_path))
    yield guardian
    guardian.close()


def sleeper(tmp_path, guardian, script="sleep 600"):
    env = {"PATH": os.environ["PATH"], MARK: str(tmp_path)}
    return Child(
        Piece("piece", ["sh", "-c", script], ready=lambda _: True, env=env), log=tmp_path / "log", guardian=guardian
    )


def test_a_guardian_that_was_killed_is_replaced_and_knows_the_groups(tmp_path, guardian):
    child = sleeper(tmp_path, guardian)
    os.kill(guardian.pid, signal.SIGKILL)
    assert wait_until(lambda: not alive_in(guardian.pid), 5)

    guardian.revive()
    guardian.close()

    assert child.process.wait(5) == -signal.SIGTERM


def test_a_piece_that_ignores_its_stop_signal_is_killed_with_its_children(tmp_path, guardian):
    child = sleeper(tmp_path, guardian, "trap '' TERM; sleep 600 & echo trapped; wait; sleep 600")
    assert wait_until(lambda: child.has_printed("trapped"), 5)

    child.ask_to_stop()
    child.end(0.1)

    assert child.process.returncode == -signal.SIGKILL
    assert not alive_in(child.pid)
