"""Timed lyrics as LRC: lines such as “[01:23.45]The words”, in which one line may stand at several times."""

import re
from dataclasses import dataclass

_STAMP = re.compile(r"\[(\d{1,3}):([0-5]\d)(?:[.:](\d{1,3}))?\]")
# Facts about the file, such as [ar:The artist], and an offset in milliseconds that comes earlier when it is positive.
_TAG = re.compile(r"\[([a-z#]+):(.*)\]\s*", re.IGNORECASE)
MAX_OFFSET_MS = 60_000


class NotTimed(ValueError):
    """The text is no LRC; the message says which line."""


@dataclass(frozen=True)
class Line:
    start_ms: int
    text: str


def parse_lrc(text: str) -> list[Line]:
    """The lines in the order of their times. Raises NotTimed."""
    lines: list[Line] = []
    offset_ms = 0
    for number, row in enumerate(text.splitlines(), start=1):
        if tag := _TAG.fullmatch(row.strip()):
            offset_ms = _offset(tag, number) if tag[1].lower() == "offset" else offset_ms
            continue
        lines += _lines_of(row.strip(), number)
    return sorted(
        (Line(max(0, line.start_ms - offset_ms), line.text) for line in lines), key=lambda line: line.start_ms
    )


def _lines_of(row: str, number: int) -> list[Line]:
    starts = []
    while stamp := _STAMP.match(row):
        starts.append(_milliseconds(stamp))
        row = row[stamp.end() :]
    if row and not starts:
        raise NotTimed(f"Line {number} has no time. Begin it with one such as [01:23.45].")
    return [Line(start, row.strip()) for start in starts]


def _milliseconds(stamp: re.Match[str]) -> int:
    """Hundredths as a rule; one digit is tenths, three are thousandths."""
    return (int(stamp[1]) * 60 + int(stamp[2])) * 1000 + int((stamp[3] or "0").ljust(3, "0"))


def _offset(tag: re.Match[str], number: int) -> int:
    try:
        offset = int(tag[2].strip())
    except ValueError:
        offset = MAX_OFFSET_MS + 1
    if abs(offset) > MAX_OFFSET_MS:
        raise NotTimed(f"Line {number} has an offset that is no number of milliseconds up to {MAX_OFFSET_MS}.")
    return offset
