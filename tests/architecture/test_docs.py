"""The documentation says what the code has: codes, reasons, settings, words; and its links lead somewhere."""

import re
from pathlib import Path

import pytest

from analytics.plays.rules import Rejection
from catalog.rights.rules import Reason
from catalog.rights.zones import STATED
from streaming.lib.errors import Code

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / folder / "README.md" for folder in (".", "edge", "deploy")), *sorted((ROOT / "docs").rglob("*.md"))]
SETTING = re.compile(
    r"env\.(?:text|required|boolean|integer|choice|words|keys|database|folder)\(\s*[\"']([A-Z0-9_]+)[\"']"
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|ts|mjs|json|yaml|md))`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
WORDS = (
    "user", "listener", "team", "tier", "market", "entitlements", "viewer", "session", "device",
    "label", "artist", "release", "recording", "track", "master", "asset", "rendition", "rule", "takedown",
    "announcement", "link", "ticket", "context", "preview", "slot", "break", "queue",
    "play", "stream", "verdict", "adjustment", "total", "chart", "graph",
    "product", "offering", "purchase", "grant", "provider", "lease", "share", "wrapping key",
    "claimed", "index backlog", "pending",
)  # fmt: skip


def words_of(page):
    return page.relative_to(ROOT).as_posix()


def anchors(page):
    """The names that a heading can be linked by."""
    spelt = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(page.read_text()))
    return {heading.strip().replace(" ", "-") for heading in spelt}


@pytest.mark.parametrize("name", [*Code, *Rejection, *Reason])
def test_every_code_and_reason_has_a_row(name):
    assert f"\n| `{name}` |" in (ROOT / "docs" / "api.md").read_text()


def test_no_code_is_documented_that_is_not_there():
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)

    assert set(documented) == {*Code, *Rejection, *Reason}


def test_the_settings_that_are_documented_are_the_settings_that_are_read():
    read = set(SETTING.findall((ROOT / "streaming" / "settings" / "base.py").read_text()))
    documented = re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)

    assert sorted(documented) == sorted(read)


def test_the_guide_for_editors_has_every_stated_zone_and_every_reason():
    guide = (ROOT / "docs" / "guides" / "catalogue.md").read_text()
    zones = re.findall(r"^\| [^|]+ \| `([A-Z]{2})` \| `([\w/]+)` \|$", guide, re.MULTILINE)
    reasons = re.findall(r"^\| `([A-Z_]+)` \|", guide, re.MULTILINE)

    assert dict(zones) == STATED
    assert len(zones) == len(STATED)
    assert set(reasons) == set(Reason)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_its_sense(word):
    assert re.search(rf"^\|.*\*\*{word}\*\*.*\|$", glossary(), re.MULTILINE)


def glossary():
    text = (ROOT / "docs" / "architecture.md").read_text()
    return text[text.index("\n## Words\n") : text.index("\n## Layout\n")]


@pytest.mark.parametrize("page", PAGES, ids=words_of)
def test_links_between_pages_resolve(page):
    broken = []
    for target in LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("path", sorted({path for page in PAGES for path in FILE.findall(page.read_text())}))
def test_files_that_are_named_are_there(path):
    # What a running stack writes is not in the repository, and some pages name files from their own folder.
    assert path.startswith("var/") or any((root / path).is_file() for root in (ROOT, ROOT / "edge"))


def test_every_decision_is_in_the_list():
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    records = [path.name for path in (ROOT / "docs" / "adr").glob("0*.md")]

    assert [name for name in records if f"({name})" not in index] == []
