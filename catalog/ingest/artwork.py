"""Pictures: checked, turned the right way up, and stored as WebP and JPEG in a few sizes without their metadata."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from catalog.ingest.errors import IngestError
from catalog.ingest.sniff import describe

FORMATS = ("JPEG", "PNG", "WEBP")
SIZES = (320, 1000, 1400)
# What the shops and players that show covers large ask for.
MIN_SIDE = 1_400
# Of a playlist: what a phone has, cut to a square.
MIN_PLAYLIST_SIDE = 300
BANNER_SIZES = (320, 1000)
MIN_BANNER_SIDE = 600
# Decoded, this is 200 MB; a bomb of a few kilobytes claims far more.
MAX_PIXELS = 50_000_000
# Both look the same; JPEG is for what can't show WebP: mails, some cars and television sets.
ENCODERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("webp", "WEBP", {"quality": 82}),
    ("jpg", "JPEG", {"quality": 85, "progressive": True, "optimize": True}),
)
# The last one that is written: where it is, the others are.
LARGEST_FILE = "1400.jpg"
_WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Picture:
    """One stored picture: `codec` is `webp` or `jpeg`."""

    path: Path
    codec: str
    width: int
    height: int


@dataclass(frozen=True)
class Cover:
    """A square in its sizes, the colour of most of it as `#rrggbb`, and how its source measured."""

    pictures: tuple[Picture, ...]
    color: str
    source: tuple[int, int]

    @property
    def was_cropped(self) -> bool:
        return self.source[0] != self.source[1]


def make_cover(source: Path, folder: Path) -> Cover:
    """Write `320.webp`, `320.jpg` and so on into `folder`. Raises IngestError with a sentence for the editor."""
    return _make_square(source, folder, SIZES, MIN_SIDE, "A cover")


def make_playlist_cover(source: Path, folder: Path) -> Cover:
    """The same for the cover of a playlist, which may be small: it is not enlarged. Raises IngestError."""
    return _make_square(source, folder, SIZES, MIN_PLAYLIST_SIDE, "A cover")


def make_banner(source: Path, folder: Path) -> Cover:
    """The same for the banner of an ad, which is never shown large. Raises IngestError."""
    return _make_square(source, folder, BANNER_SIZES, MIN_BANNER_SIDE, "A banner")


def make_poster(source: Path, folder: Path) -> tuple[Picture, ...]:
    """Write `poster.webp` and `poster.jpg` from the picture that the encoder took out of a video."""
    with Image.open(source) as opened:
        return tuple(_write(opened.convert("RGB"), folder, "poster"))


def _make_square(source: Path, folder: Path, sizes: tuple[int, ...], min_side: int, noun: str) -> Cover:
    whole = _load(source, min_side, noun)
    square = _square(whole)
    pictures: list[Picture] = []
    for size in sizes:
        side = min(size, square.width)
        pictures += _write(square.resize((side, side), Image.Resampling.LANCZOS), folder, str(size))
    return Cover(tuple(pictures), _dominant_color(square), whole.size)


def _write(picture: Image.Image, folder: Path, name: str) -> Iterator[Picture]:
    for suffix, codec, options in ENCODERS:
        path = folder / f"{name}.{suffix}"
        picture.save(path, codec, **options)
        yield Picture(path, codec.lower(), picture.width, picture.height)


@contextmanager
def _explained(source: Path) -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError as error:
        with source.open("rb") as file:
            looks_like = describe(file.read(2_048))
        detail = f" (it looks like {looks_like})" if looks_like else ""
        raise IngestError(
            "NOT_A_PICTURE", f"This file is not a picture that we take{detail}. Upload the cover as JPEG, PNG or WebP."
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except (OSError, SyntaxError, ValueError) as error:
        raise IngestError(
            "CORRUPT", "This picture is damaged or cut off. Export it again and upload the new file."
        ) from error


def _load(source: Path, min_side: int, noun: str) -> Image.Image:
    """The decoded picture in sRGB, the right way up, on white where it is transparent."""
    with _explained(source), warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(source, formats=FORMATS) as opened:
            # Only the header is read so far: what is refused here was never decoded.
            if opened.width * opened.height > MAX_PIXELS:
                raise _too_large()
            if min(opened.size) < min_side:
                raise IngestError(
                    "PICTURE_TOO_SMALL",
                    f"This picture measures {opened.width} × {opened.height} pixels, and {noun.lower()} needs at least "
                    f"{min_side} × {min_side}. Export it larger, without enlarging a small picture, and upload that.",
                )
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            return _to_srgb(upright)


def _too_large() -> IngestError:
    return IngestError(
        "PICTURE_TOO_LARGE",
        f"This picture has more than {MAX_PIXELS // 1_000_000} million pixels. Upload a cover of 3000 × 3000.",
    )


def _to_srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "CMYK"):
        try:
            converted = ImageCms.profileToProfile(
                picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except ImageCms.PyCMSError:
            # A profile that can't be read is left aside, as browsers do.
            converted = None
        if converted is not None:
            return converted
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        flat = Image.new("RGB", layered.size, _WHITE)
        flat.paste(layered, mask=layered.getchannel("A"))
        return flat
    return picture.convert("RGB")


def _square(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def _dominant_color(picture: Image.Image) -> str:
    """The colour of the largest of eight groups of similar pixels."""
    reduced = picture.resize((64, 64), Image.Resampling.BOX).quantize(8)
    _, index = max(reduced.getcolors() or [(0, 0)])
    red, green, blue = (reduced.getpalette() or [0, 0, 0])[int(str(index)) * 3 :][:3]
    return f"#{red:02x}{green:02x}{blue:02x}"
