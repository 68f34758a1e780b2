import json
import threading

from streaming.devstack import runfile
from streaming.devstack.runfile import Demo, Run, User

RUN = Run(
    "http://w", "http://w/admin/", "http://w/api/docs/", "http://m", "http://w/mail/", [User("a@b", "pw", "artist")]
)


def test_what_is_written_is_read_back(tmp_path):
    runfile.write(tmp_path, RUN)

    assert runfile.read(tmp_path) == RUN
    assert json.loads((tmp_path / "run.json").read_text())["users"] == [
        {"email": "a@b", "password": "pw", "role": "artist", "totp_secret": None}
    ]
    assert (tmp_path / "run.json").stat().st_mode & 0o077 == 0


def test_the_demo_moves_on_and_nothing_else_changes(tmp_path):
    runfile.write(tmp_path, RUN)

    runfile.update_demo(tmp_path, ready=3, total=18)

    assert runfile.read(tmp_path).demo == Demo(3, 18)
    assert runfile.read(tmp_path).users == RUN.users


def test_an_update_after_the_end_brings_nothing_back(tmp_path):
    runfile.update_demo(tmp_path, ready=1, total=1)

    assert runfile.read(tmp_path) is None
    assert not (tmp_path / "run.json").exists()


def test_a_reader_never_sees_half_a_file(tmp_path):
    runfile.write(tmp_path, RUN)
    writer = threading.Thread(
        target=lambda: [runfile.update_demo(tmp_path, ready=number, total=300) for number in range(300)]
    )
    writer.start()
    seen = []
    while writer.is_alive():
        seen.append(runfile.read(tmp_path))
    writer.join()

    assert seen
    assert None not in seen
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
