import struct
import zlib

import pytest
from PIL import Image

from catalog.ingest.artwork import make_cover
from catalog.ingest.errors import IngestError
from tests.catalog.ingest.media import picture


def refusal(path, folder):
    with pytest.raises(IngestError) as refused:
        make_cover(path, folder)
    return refused.value.code, refused.value.message


def opened(path):
    with Image.open(path) as image:
        image.load()
        return image


def test_a_cover_has_two_square_sizes_in_webp(tmp_path):
    cover = make_cover(picture(tmp_path / "cover.jpg", 1_600, 1_200), tmp_path)

    images = {size: opened(path) for size, path in cover.files.items()}
    assert {size: (image.format, image.size) for size, image in images.items()} == {
        320: ("WEBP", (320, 320)),
        1000: ("WEBP", (1000, 1000)),
    }


def test_a_small_cover_is_not_enlarged(tmp_path):
    cover = make_cover(picture(tmp_path / "cover.png", 700, 640), tmp_path)

    assert opened(cover.files[1000]).size == (640, 640)


def test_the_dominant_color_is_that_of_most_pixels(tmp_path):
    image = Image.new("RGB", (800, 800), (16, 32, 200))
    image.paste((250, 240, 10), (0, 0, 800, 200))
    image.save(tmp_path / "cover.png")

    assert make_cover(tmp_path / "cover.png", tmp_path).color == "#1020c8"


@pytest.mark.parametrize(
    ("mode", "suffix"), [("RGBA", "png"), ("P", "png"), ("L", "png"), ("CMYK", "jpg"), ("LA", "png")]
)
def test_every_mode_of_picture_becomes_rgb(tmp_path, mode, suffix):
    cover = make_cover(picture(tmp_path / f"cover.{suffix}", mode=mode), tmp_path)

    assert opened(cover.files[320]).mode == "RGB"


def test_transparent_parts_become_white(tmp_path):
    Image.new("RGBA", (700, 700), (0, 0, 0, 0)).save(tmp_path / "cover.png")

    assert make_cover(tmp_path / "cover.png", tmp_path).color == "#ffffff"


def test_a_photo_on_its_side_is_turned_and_its_metadata_left_behind(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of the photographer"
    image = Image.new("RGB", (700, 700), (255, 255, 255))
    image.paste((200, 0, 0), (0, 0, 350, 700))
    image.save(tmp_path / "cover.jpg", exif=exif, quality=95)

    cover = opened(make_cover(tmp_path / "cover.jpg", tmp_path).files[320])

    assert cover.getpixel((160, 20))[1] < 60
    assert cover.getpixel((160, 300))[1] > 200
    assert not cover.getexif()


def test_a_small_picture_is_refused_with_its_size(tmp_path):
    code, message = refusal(picture(tmp_path / "cover.png", 599, 900), tmp_path)

    assert code == "PICTURE_TOO_SMALL"
    assert message == "This picture measures 599 × 900 pixels. A cover needs at least 600 × 600."


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1_000))), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + body)

    assert refusal(tmp_path / "bomb.png", tmp_path)[0] == "PICTURE_TOO_LARGE"


def test_a_cut_picture_is_refused(tmp_path):
    whole = picture(tmp_path / "cover.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])

    assert refusal(tmp_path / "cut.png", tmp_path)[0] == "CORRUPT"


@pytest.mark.parametrize(("content", "noun"), [(b"%PDF-1.7\n", "a PDF"), (b"GIF89a\x01\x00", "a GIF picture")])
def test_another_file_is_named_in_the_refusal(tmp_path, content, noun):
    (tmp_path / "cover.png").write_bytes(content)

    code, message = refusal(tmp_path / "cover.png", tmp_path)

    assert (code, f"(it looks like {noun})" in message) == ("NOT_A_PICTURE", True)


def test_a_hidden_script_format_is_not_opened(tmp_path):
    (tmp_path / "cover.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 900 900\n")

    assert refusal(tmp_path / "cover.png", tmp_path)[0] == "NOT_A_PICTURE"
