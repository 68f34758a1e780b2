import struct
import zlib

import pytest
from PIL import Image

from catalog.ingest.artwork import make_banner, make_cover
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


def small(cover):
    return opened(next(one.path for one in cover.pictures if one.path.name == "320.webp"))


def test_a_cover_has_three_square_sizes_in_webp_and_jpeg(tmp_path):
    cover = make_cover(picture(tmp_path / "cover.jpg", 3_000, 2_000), tmp_path)

    images = {one.path.name: opened(one.path) for one in cover.pictures}
    assert {name: (image.format, image.size) for name, image in images.items()} == {
        "320.webp": ("WEBP", (320, 320)),
        "320.jpg": ("JPEG", (320, 320)),
        "1000.webp": ("WEBP", (1000, 1000)),
        "1000.jpg": ("JPEG", (1000, 1000)),
        "1400.webp": ("WEBP", (1400, 1400)),
        "1400.jpg": ("JPEG", (1400, 1400)),
    }
    assert [(one.codec, one.width, one.height) for one in cover.pictures[:2]] == [
        ("webp", 320, 320),
        ("jpeg", 320, 320),
    ]
    assert cover.was_cropped


def test_a_banner_may_be_smaller_and_is_not_enlarged(tmp_path):
    banner = make_banner(picture(tmp_path / "banner.png", 700, 700), tmp_path)

    assert {one.path.name: one.width for one in banner.pictures} == {
        "320.webp": 320, "320.jpg": 320, "1000.webp": 700, "1000.jpg": 700,
    }  # fmt: skip
    assert not banner.was_cropped
    with pytest.raises(IngestError, match="599 × 900 pixels, and a banner needs at least 600 × 600"):
        make_banner(picture(tmp_path / "small.png", 599, 900), tmp_path)


def test_the_dominant_color_is_that_of_most_pixels(tmp_path):
    image = Image.new("RGB", (1_600, 1_600), (16, 32, 200))
    image.paste((250, 240, 10), (0, 0, 1_600, 400))
    image.save(tmp_path / "cover.png")

    assert make_cover(tmp_path / "cover.png", tmp_path).color == "#1020c8"


@pytest.mark.parametrize(
    ("mode", "suffix"), [("RGBA", "png"), ("P", "png"), ("L", "png"), ("CMYK", "jpg"), ("LA", "png")]
)
def test_every_mode_of_picture_becomes_rgb(tmp_path, mode, suffix):
    cover = make_cover(picture(tmp_path / f"cover.{suffix}", mode=mode), tmp_path)

    assert small(cover).mode == "RGB"


def test_transparent_parts_become_white(tmp_path):
    Image.new("RGBA", (1_400, 1_400), (0, 0, 0, 0)).save(tmp_path / "cover.png")

    assert make_cover(tmp_path / "cover.png", tmp_path).color == "#ffffff"


def test_a_photo_on_its_side_is_turned_and_its_metadata_left_behind(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera of the photographer"
    image = Image.new("RGB", (1_400, 1_400), (255, 255, 255))
    image.paste((200, 0, 0), (0, 0, 700, 1_400))
    image.save(tmp_path / "cover.jpg", exif=exif, quality=95)

    cover = small(make_cover(tmp_path / "cover.jpg", tmp_path))

    assert cover.getpixel((160, 20))[1] < 60
    assert cover.getpixel((160, 300))[1] > 200
    assert not cover.getexif()


def test_a_small_picture_is_refused_with_its_size(tmp_path):
    code, message = refusal(picture(tmp_path / "cover.png", 1_399, 3_000), tmp_path)

    assert code == "PICTURE_TOO_SMALL"
    assert message == (
        "This picture measures 1399 × 3000 pixels, and a cover needs at least 1400 × 1400. "
        "Export it larger, without enlarging a small picture, and upload that."
    )


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
