"""What the tags inside a music file say, read with mutagen: `python -m catalog.ingest.tags FILE COVER` prints JSON.

A reader (see `readers`): a tag can unfold into any amount of memory.
"""

import base64
import codecs
import io
import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mutagen
from mutagen.flac import Picture
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

from catalog.ingest.limits import enter_cage

MAX_TEXT = 200
MAX_NAMES = 20
MAX_COVER_BYTES = 30_000_000
FRONT = 3
ENCODINGS = ("latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "ascii")
# Pictures that we take as covers, by how they begin.
PICTURES = (
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"RIFF....WEBP", "image/webp"),
)

_ID3 = {
    "title": "TIT2", "version_title": "TIT3", "artists": "TPE1", "album": "TALB", "album_artists": "TPE2",
    "isrc": "TSRC", "number": "TRCK", "disc": "TPOS", "upc": "TXXX:BARCODE",
}  # fmt: skip
_MP4 = {
    "title": "©nam", "artists": "©ART", "album": "©alb", "album_artists": "aART", "number": "trkn", "disc": "disk",
    "isrc": "----:com.apple.iTunes:ISRC", "version_title": "----:com.apple.iTunes:SUBTITLE",
    "upc": "----:com.apple.iTunes:BARCODE",
}  # fmt: skip
_VORBIS = {
    "title": "title", "version_title": "version", "artists": "artist", "album": "album",
    "album_artists": "albumartist", "isrc": "isrc", "number": "tracknumber", "disc": "discnumber", "upc": "barcode",
}  # fmt: skip


def read_tags(path: Path) -> tuple[dict[str, Any], bytes | None]:
    """The fields that are there, and the picture of the front. Raises whatever mutagen does on a damaged file."""
    found = mutagen.File(path)
    if found is None or found.tags is None:
        return {}, None
    tags: Any = found.tags
    if isinstance(tags, ID3):
        return _fields(_ID3, lambda name: _id3_texts(tags, name)), _front(tags.getall("APIC"))
    if isinstance(tags, MP4Tags):
        fields = _fields(_MP4, lambda name: _mp4_texts(tags, name))
        fields["explicit"] = tags.get("rtng", [0])[0] in (1, 4)
        return fields, next((bytes(cover) for cover in tags.get("covr", [])), None)
    pictures = getattr(found, "pictures", None) or _vorbis_pictures(tags)
    return _fields(_VORBIS, lambda name: [str(value) for value in tags.get(name, [])]), _front(pictures)


def _fields(names: dict[str, str], texts: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for field, name in names.items():
        values = [text for text in map(clean, texts(name)) if text][:MAX_NAMES]
        if not values:
            continue
        if field in ("artists", "album_artists"):
            fields[field] = list(dict.fromkeys(values))
        elif field in ("number", "disc"):
            # “3/12” is the third of twelve.
            digits = re.match(r"\d{1,3}", values[0])
            fields[field] = int(digits[0]) if digits else None
        else:
            fields[field] = values[0]
    return fields


def clean(text: str) -> str:
    """One line without control characters. Marks of direction and joiners stay: names and emoji need them."""
    kept = (" " if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") else one for one in text[: MAX_TEXT * 4])
    return " ".join("".join(kept).split())[:MAX_TEXT].strip()


def _id3_texts(tags: Any, name: str) -> Iterable[str]:
    for frame in tags.getall(name):
        for value in frame.text:
            yield str(value)


def _mp4_texts(tags: Any, name: str) -> Iterable[str]:
    for value in tags.get(name, []):
        if isinstance(value, tuple):
            yield str(value[0] or "")
        else:
            yield value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _vorbis_pictures(tags: Any) -> list[Any]:
    return [Picture(base64.b64decode(block)) for block in tags.get("metadata_block_picture", [])]


def _front(pictures: Iterable[Any]) -> bytes | None:
    """The picture that says it is the front; else the first."""
    ordered = sorted(pictures, key=lambda picture: int(picture.type) != FRONT)
    return bytes(ordered[0].data) if ordered else None


def picture_type(head: bytes) -> str | None:
    """The media type of a picture that can be a cover."""
    return next((kind for magic, kind in PICTURES if re.match(magic, head, re.DOTALL)), None)


def load_libraries() -> None:
    """What mutagen and Python would load at first need, when it is out of reach."""
    mutagen.File(io.BytesIO())
    for name in ENCODINGS:
        codecs.lookup(name)


def main() -> None:
    load_libraries()
    enter_cage()
    fields, cover = read_tags(Path(sys.argv[1]))
    if cover and len(cover) <= MAX_COVER_BYTES and picture_type(cover[:12]):
        Path(sys.argv[2]).write_bytes(cover)
    print(json.dumps(fields))


if __name__ == "__main__":
    main()
