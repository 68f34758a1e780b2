"""What a file that we do not take seems to be, from its first bytes, so that the refusal can name it."""

_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"#!", "a script"),
    (b"MThd", "a MIDI file, which holds notes and no sound"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
)

_TEXT = (
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a playlist"),
    (b"[playlist]", "a playlist"),
    (b"<?xpl", "a playlist"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<svg", "an SVG picture"),
    (b"<?xml", "an XML document"),
    (b"{\\rtf", "an RTF document"),
)


def describe(head: bytes) -> str | None:
    """A noun with its article for the first bytes of a file ("a PDF"); None when nothing is recognised."""
    for magic, noun in _MAGIC:
        if head.startswith(magic):
            return noun
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP picture"
    if head[4:12] in (b"ftypavif", b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "a HEIC or AVIF picture"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for text, noun in _TEXT:
        if start.startswith(text.lower()):
            return noun
    return "a text file" if _is_text(head) else None


def is_picture(head: bytes) -> bool:
    return (describe(head) or "").endswith(" picture")


def _is_text(head: bytes) -> bool:
    # A character cut at the end of what was read is no reason to call a text something else.
    body = head.decode("utf-8", errors="ignore")
    odd = len(head) - len(body.encode())
    controls = sum(1 for character in body if character < " " and character not in "\t\r\n\f")
    return bool(body) and odd <= 3 and controls == 0
