from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from streaming.devstack.demo import RELEASES, ingest_order
from streaming.devstack.demo.covers import cover
from streaming.devstack.demo.music import render
from streaming.devstack.demo.synth import RATE
from streaming.devstack.demo.video import Scene, encode, levels

VIDEO = next(song for _, song in ingest_order() if song.kind == "video")


@pytest.fixture(scope="module")
def covers():
    return [cover(release) for release in RELEASES]


def test_covers_are_square_jpegs_of_1500_pixels(covers):
    for data in covers:
        image = Image.open(BytesIO(data))
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (1500, 1500))


def test_no_two_covers_look_alike(covers):
    small = [np.asarray(Image.open(BytesIO(data)).resize((16, 16)), dtype=np.float32) for data in covers]
    for index, one in enumerate(small):
        for other in small[index + 1 :]:
            assert np.abs(one - other).mean() > 20


def test_a_cover_has_the_same_bytes_each_time(covers):
    assert cover(RELEASES[-1]) == covers[-1]


def test_the_picture_moves_with_the_sound():
    scene = Scene(VIDEO.artists[0].palette)
    quiet, loud = scene.frame(2.0, 0.0, 0.0, 0.0), scene.frame(2.0, 1.0, 1.0, 1.0)
    assert quiet.shape == loud.shape == (270, 480, 3)
    assert np.abs(quiet.astype(int) - loud.astype(int)).mean() > 5


def test_silence_has_no_level():
    assert levels(np.zeros((RATE, 2), dtype=np.int16)).shape == (24, 3)
    assert levels(np.zeros((RATE, 2), dtype=np.int16)).max() == 0


def test_a_video_is_720p_h264_with_aac(tmp_path):
    target = tmp_path / "clip.mp4"
    encode(VIDEO, render(VIDEO.recipe)[: 2 * RATE], target)
    with av.open(str(target)) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, picture.width, picture.height) == ("h264", 1280, 720)
        assert picture.average_rate == 24
        assert (sound.codec_context.name, sound.rate, sound.channels) == ("aac", 44100, 2)
        assert container.duration / av.time_base == pytest.approx(2.0, abs=0.1)


def test_a_video_that_cannot_be_written_says_why(tmp_path):
    with pytest.raises(RuntimeError, match="could not write"):
        encode(VIDEO, np.zeros((RATE, 2), dtype=np.int16), tmp_path / "missing" / "clip.mp4")
