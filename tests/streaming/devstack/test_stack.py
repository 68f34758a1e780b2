import sys

import pytest

from streaming.devstack import keys
from streaming.devstack.processes import Piece, PieceDiedError
from streaming.devstack.site import Site
from streaming.devstack.stack import Stack


@pytest.fixture
def stack(tmp_path):
    stack = Stack(Site(tmp_path, keys.make(), {}))
    yield stack
    stack.stop(patience=0)


def python(name, code, ready):
    return Piece(name, [sys.executable, "-c", code], ready=ready)


def test_a_piece_that_dies_is_named_with_the_last_lines_of_its_log(stack):
    piece = python("web", "[print('line', n) for n in range(50)]; raise SystemExit(3)", lambda _: False)

    with pytest.raises(PieceDiedError) as caught:
        stack.start(piece)

    assert caught.value.name == "web"
    assert str(caught.value).startswith("web: ended with exit code 3.")
    assert str(caught.value).endswith("line 48\nline 49")
    assert "line 20" not in str(caught.value)


def test_a_piece_that_is_never_ready_is_named_too(stack):
    child = stack.launch(python("edge", "import time; time.sleep(60)", lambda _: False))

    with pytest.raises(PieceDiedError, match="edge: was not ready after 0 s"):
        stack.await_ready(child, seconds=0.05)


def test_a_command_is_run_to_its_end_and_its_failure_is_told(stack, tmp_path):
    stack.run("quick", [sys.executable, "-c", "print('done')"], cwd=tmp_path, env={})
    assert (tmp_path / "log" / "quick.log").read_text() == "done\n"

    with pytest.raises(PieceDiedError, match="slow: ended with exit code 4"):
        stack.run("slow", [sys.executable, "-c", "raise SystemExit(4)"], cwd=tmp_path, env={})
    assert stack.children == []


def test_what_the_caller_wants_to_stop_stops_at_once(stack):
    class WantedError(Exception):
        pass

    def pause():
        raise WantedError

    stack._pause = pause
    with pytest.raises(WantedError):
        stack.start(python("web", "import time; time.sleep(60)", lambda _: False))
