"""Covers: one picture is checked, cropped to a square, and stored in two sizes without its metadata."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from catalog.ingest.errors import IngestError
from catalog.ingest.sniff import describe

FORMATS = ("JPEG", "PNG", "WEBP")
SIZES = (320, 1000)
MIN_SIDE = 600
# Decoded, this is 200 MB; a bomb of a few kilobytes claims far more.
MAX_PIXELS = 50_000_000
WEBP_QUALITY = 82
_WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Cover:
    """The files by width in pixels, the side of the square that they were made from, the colour as `#rrggbb`."""

    files: dict[int, Path]
    side: int
    color: str


def make_cover(source: Path, folder: Path) -> Cover:
    """Write `320.webp` and `1000.webp` into `folder`. Raises IngestError with a sentence for the editor."""
    picture = _square(_load(source))
    files = {}
    for size in SIZES:
        side = min(size, picture.width)
        files[size] = folder / f"{size}.webp"
        picture.resize((side, side), Image.Resampling.LANCZOS).save(files[size], "WEBP", quality=WEBP_QUALITY)
    return Cover(files, picture.width, _dominant_color(picture))


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


def _load(source: Path) -> Image.Image:
    """The decoded picture in sRGB, the right way up, on white where it is transparent."""
    with _explained(source), warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(source, formats=FORMATS) as opened:
            # Only the header is read so far: what is refused here was never decoded.
            if opened.width * opened.height > MAX_PIXELS:
                raise _too_large()
            if min(opened.size) < MIN_SIDE:
                raise IngestError(
                    "PICTURE_TOO_SMALL",
                    f"This picture measures {opened.width} × {opened.height} pixels. "
                    f"A cover needs at least {MIN_SIDE} × {MIN_SIDE}.",
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
