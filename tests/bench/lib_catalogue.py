"""A made-up catalogue of any size, by COPY: names of real words, popular ones more often, as in a real one."""

import json
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from django.apps import apps

_WORDS = (
    "night harbour glass river summer paper lantern golden winter letter silver mountain broken mirror "
    "little ocean red window last train empty house morning light northern wind secret garden electric "
    "heart quiet storm velvet road burning bridge lonely star crystal shadow wild horses midnight blue "
    "yellow moon hollow city distant thunder "
)
WORDS = _WORDS.split()
_FIRST = "Mira Kai Ada Noor Luca Ines Theo Zoe Amir Lena Ravi Sol Nina Omar Ida Jun Vera Milo Tess Hugo "
FIRST = _FIRST.split()
_LAST = "Solano Berg Okafor Lindqvist Tanaka Moreau Silva Novak Haddad Rossi Larsen Kaya Mensah Weber Ito "
LAST = _LAST.split()
PER_RELEASE, PER_ARTIST, PER_LABEL = 10, 10, 2_000
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
FIRST_DAY = date(1990, 1, 1)


def fill(connection: "psycopg.Connection[Any]", tracks: int) -> None:
    """Labels with a worldwide rule, artists, releases, and tracks with recordings, credits, masters and assets."""
    chance = random.Random(tracks)
    labels, artists, releases = max(1, tracks // PER_LABEL), tracks // PER_ARTIST, tracks // PER_RELEASE
    for table, columns, rows in (
        ("label", "id uid name", ((n, _uid(), f"Label {n}") for n in range(1, labels + 1))),
        ("rule", "uid label_id scope territories access created_at", (
            (_uid(), n, "exclude", "{}", "everyone", EPOCH) for n in range(1, labels + 1)
        )),
        ("artist", "id uid name sort_name native_name created_at", (
            (n, _uid(), _person(chance), "", "", EPOCH) for n in range(1, artists + 1)
        )),
        ("release", _RELEASE, _releases(chance, releases, labels)),
        ("releasecredit", "release_id artist_id position join_phrase", (
            (n, 1 + n % artists, 0, "") for n in range(1, releases + 1)
        )),
        ("recording", _RECORDING, _recordings(chance, tracks, labels)),
        ("recordingcredit", "recording_id artist_id role position join_phrase", _credits(tracks, artists)),
        ("track", "id uid release_id recording_id disc number record_version record_pushed", (
            (n, _uid(), _release_of(n), n, 1, 1 + (n - 1) % PER_RELEASE, 1, 1) for n in range(1, tracks + 1)
        )),
        ("master", _MASTER, ((n, _uid(), n, f"{n}", "a.wav", 1, "audio/wav", EPOCH, EPOCH) for n in _all(tracks))),
        ("ingestjob", _JOB, (
            (n, n, "ready", 100, 1, EPOCH, "", "", "", EPOCH, EPOCH) for n in _all(tracks)
        )),
        ("asset", "id uid quality recording_id job_id claim created_at ready_at duration_ms color", (
            (n, uuid.uuid4(), "standard", n, n, uuid.uuid4(), EPOCH, EPOCH, 200_000, "") for n in _all(tracks)
        )),
    ):  # fmt: skip
        _copy(connection, table, columns, rows)
    connection.execute("VACUUM ANALYZE")


_RELEASE = (
    "id uid label_id title version_title kind upc released_on released_precision announced_at language p_line c_line "
    "revision created_at"
)
_RECORDING = "id uid kind label_id title version_title isrc explicit duration_ms ready_at revision created_at"
_MASTER = "id uid recording_id key filename size content_type created_at uploaded_at"
_JOB = "id master_id state progress attempts run_after error_code error_message warning created_at finished_at"


def _all(count: int) -> range:
    return range(1, count + 1)


def _uid() -> uuid.UUID:
    return uuid.uuid4()


def _release_of(track: int) -> int:
    return 1 + (track - 1) // PER_RELEASE


def _person(chance: random.Random) -> str:
    return f"{chance.choice(FIRST)} {chance.choice(LAST)} {chance.choice(WORDS)}"


def _title(chance: random.Random) -> str:
    """Words by Zipf: the first of the list are in many titles, the last in few."""
    words = (WORDS[min(len(WORDS) - 1, int(chance.paretovariate(0.8)) - 1)] for _ in range(chance.randint(1, 3)))
    return " ".join(words).capitalize()


def _releases(chance: random.Random, releases: int, labels: int) -> Iterator[tuple[Any, ...]]:
    for n in _all(releases):
        day = FIRST_DAY + timedelta(days=chance.randrange(13_000))
        yield n, _uid(), 1 + n % labels, _title(chance), "", "album", None, day, "day", EPOCH, "en", "", "", 1, EPOCH


def _recordings(chance: random.Random, tracks: int, labels: int) -> Iterator[tuple[Any, ...]]:
    for n in _all(tracks):
        label = 1 + _release_of(n) % labels
        yield n, _uid(), "audio", label, _title(chance), "", f"QZ{n:010}", False, 200_000, EPOCH, 1, EPOCH


def _credits(tracks: int, artists: int) -> Iterator[tuple[Any, ...]]:
    for n in _all(tracks):
        main = 1 + _release_of(n) % artists
        yield n, main, "main", 0, ""
        if n % 4 == 0 and artists > 1:
            yield n, 1 + main % artists, "featured", 1, ""


def _copy(connection: "psycopg.Connection[Any]", table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Columns that are not named get what Django would put there."""
    named = columns.split()
    rest = [field for field in _model(table)._meta.concrete_fields if field.column not in (*named, "id")]
    rest = [field for field in rest if not field.null]
    defaults = [json.dumps(field.get_default()) if field.get_default() == {} else field.get_default() for field in rest]
    listed = ", ".join([*named, *(field.column for field in rest)])
    with connection.cursor() as cursor, cursor.copy(f"COPY catalog_{table} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((*row, *defaults))
    if columns.startswith("id "):
        connection.execute(f"SELECT setval('catalog_{table}_id_seq', (SELECT max(id) FROM catalog_{table}))")


def _model(table: str) -> Any:
    return apps.get_model("catalog", table)
