"""What the production zone does with a media request: its rules (edge/README.md) in plain Python.

This is a third reading beside the Worker and the signer, made from Cloudflare's documentation of the Rules language,
of URL normalisation and of the order of its phases: the path is normalised, the rewrite works on the normalised path,
and the custom rule that follows still reads the raw one. Cloudflare's own code can't run here; before launch the same
vectors are sent to a staging zone.
"""

import base64
import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

TTL_SECONDS = 21_600
BLOCKED = ("..", "%", "//", "\\", "/.")
UPPER_CASE = "ABCDEF"
ASSET = (1, 37)
TOKEN_END = 92

UNRESERVED = re.compile(r"%(2[DEde]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])")
LITERAL = re.compile(r"[^!-~]|[\"<>^`{|}\\]")


@dataclass(frozen=True)
class Answer:
    status: int
    key: str | None = None


def substring(text: str, start: int, end: int | None = None) -> str:
    """Cloudflare's: the end is not included; what lies outside is empty."""
    return text[start:end]


def is_timed_hmac_valid_v0(
    key: str, message_mac: str, ttl: int, now: int, separator_length: int = 0, flags: str = ""
) -> bool:
    """The documented form is (message)(separator)(10 digits)-(43 or more); the separator is not under the MAC."""
    if flags != "s":
        raise NotImplementedError("only the URL-safe spelling is in use")
    found = re.fullmatch(r"(?P<head>.+)(?P<issued>[0-9]{10})-(?P<mac>.{43,})", message_mac, re.DOTALL)
    if found is None:
        return False
    head, issued = found["head"], found["issued"]
    message = head[: len(head) - separator_length]
    made = hmac.digest(key.encode(), f"{message}{issued}".encode(), sha256)
    expected = base64.urlsafe_b64encode(made).rstrip(b"=")
    return hmac.compare_digest(expected, found["mac"].encode()) and now < int(issued) + ttl


def normalise(path: str) -> str:
    """Normalisation type "Cloudflare": RFC 3986, with backslashes turned and successive slashes merged."""
    path = UNRESERVED.sub(lambda found: chr(int(found[1], 16)), path)
    path = re.sub(r"%[0-9A-Fa-f]{2}", lambda found: found[0].upper(), path)
    path = re.sub(r"/{2,}", "/", path.replace("\\", "/"))
    path = LITERAL.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), path)
    return remove_dot_segments(path)


def remove_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def is_blocked_by_its_signs(raw_path: str) -> bool:
    """The part of the custom rule that needs no key."""
    return (
        len(raw_path) <= TOKEN_END
        or any(text in raw_path for text in BLOCKED)
        or any(letter in substring(raw_path, *ASSET) for letter in UPPER_CASE)
        or substring(raw_path, ASSET[1], ASSET[1] + 1) != "/"
        or substring(raw_path, TOKEN_END, TOKEN_END + 1) != "/"
    )


def is_signed(raw_path: str, *, keys: Sequence[str], now: int) -> bool:
    message_mac = substring(raw_path, 1, TOKEN_END)
    return any(is_timed_hmac_valid_v0(key, message_mac, TTL_SECONDS, now, 1, "s") for key in keys)


def rewrite(normalised_path: str) -> str:
    return substring(normalised_path, 0, ASSET[1]) + substring(normalised_path, TOKEN_END)


def answer(
    raw_path: str, *, keys: Sequence[str], now: int, objects: Collection[str], with_block: bool = True
) -> Answer:
    """`with_block=False` leaves out the blocked signs, to show what they are for."""
    if (with_block and is_blocked_by_its_signs(raw_path)) or not is_signed(raw_path, keys=keys, now=now):
        return Answer(403)
    key = rewrite(normalise(raw_path)).removeprefix("/")
    return Answer(200, key) if key in objects else Answer(404)


def block_expression(*, host: str, keys: Sequence[str]) -> str:
    """The custom rule as it stands in edge/README.md, action Block."""
    raw = "raw.http.request.uri.path"
    asset = f"substring({raw}, {ASSET[0]}, {ASSET[1]})"
    escaped = (text.replace("\\", "\\\\") for text in BLOCKED)
    lines = [f"len({raw}) le {TOKEN_END}"]
    lines += [f'{raw} contains "{text}"' for text in escaped]
    lines += [f'{asset} contains "{letter}"' for letter in UPPER_CASE]
    lines += [f'substring({raw}, {start}, {start + 1}) ne "/"' for start in (ASSET[1], TOKEN_END)]
    message_mac = f"substring({raw}, 1, {TOKEN_END})"
    call = f'is_timed_hmac_valid_v0("{{}}", {message_mac}, {TTL_SECONDS}, http.request.timestamp.sec, 1, "s")'
    lines.append("not (\n    " + "\n    or ".join(call.format(key) for key in keys) + "\n  )")
    return f'starts_with(lower(http.host), "{host}") and (\n  ' + "\n  or ".join(lines) + "\n)"


def rewrite_expression() -> str:
    """The dynamic rewrite of the path as it stands in edge/README.md."""
    path = "http.request.uri.path"
    return f"concat(substring({path}, 0, {ASSET[1]}), substring({path}, {TOKEN_END}))"
