import av
import numpy as np
import pytest

from streaming.devstack.demo import RELEASES, build_cover, build_master, ingest_order
from streaming.devstack.demo.masters import kept
from streaming.devstack.demo.music import render

FIRST = next(song for _, song in ingest_order())


def test_a_master_is_the_song_without_loss_and_is_made_once(tmp_path):
    path = build_master(FIRST, tmp_path / "demo")
    with av.open(str(path)) as container:
        decoded = np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)])
    assert np.array_equal(decoded, render(FIRST.recipe))
    made = path.stat().st_mtime_ns
    assert build_master(FIRST, tmp_path / "demo") == path
    assert path.stat().st_mtime_ns == made
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert 1_000_000 < path.stat().st_size < 10_000_000


def test_a_cover_is_kept_beside_the_masters(tmp_path):
    path = build_cover(RELEASES[-1], tmp_path)
    assert path.suffix == ".jpg"
    assert build_cover(RELEASES[-1], tmp_path) == path


def test_a_maker_that_fails_leaves_nothing(tmp_path):
    def half(path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        kept(tmp_path, "song", "recipe", ".flac", half)
    assert list(tmp_path.iterdir()) == []


def test_a_changed_recipe_is_another_file(tmp_path):
    one = kept(tmp_path, "song", "one", ".txt", lambda path: path.write_text("one"))
    two = kept(tmp_path, "song", "two", ".txt", lambda path: path.write_text("two"))
    assert one != two
