"""The demo catalogue as data: invented labels, artists, releases and songs, and the order they are sent in."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from streaming.devstack.demo.recipes import (
    ARCADE,
    BOSSA,
    DREAM_POP,
    HOUSE,
    NEO_SOUL,
    STILL,
    WALTZ,
    Recipe,
)

CoverStyle = Literal["lanterns", "glass", "rain", "pixels", "table", "speech", "waves", "mains", "harbour"]


@dataclass(frozen=True)
class Label:
    name: str


@dataclass(frozen=True)
class Artist:
    """`palette` is five colours as #rrggbb, from the darkest to the lightest."""

    name: str
    label: Label
    palette: tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Song:
    """A recording with its place on a release. `artists` starts with the main one; the others are featured."""

    title: str
    isrc: str
    artists: tuple[Artist, ...]
    recipe: Recipe
    kind: Literal["audio", "video"] = "audio"
    disc: int = 1
    number: int = 1
    explicit: bool = False

    @property
    def seconds(self) -> float:
        return self.recipe.seconds

    @property
    def slug(self) -> str:
        return slug(f"{self.artists[0].name} {self.title} {self.kind if self.kind == 'video' else ''}")


@dataclass(frozen=True)
class Release:
    """`genres` are display names."""

    title: str
    kind: Literal["album", "single", "ep"]
    released_on: date
    artist: Artist
    genres: tuple[str, ...]
    cover: CoverStyle
    songs: tuple[Song, ...]

    @property
    def slug(self) -> str:
        return slug(f"{self.artist.name} {self.title}")


def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


NIGHT_BUS = Label("Night Bus Records")
LOW_TIDE = Label("Low Tide Tapes")
LABELS = (NIGHT_BUS, LOW_TIDE)

MARA = Artist("Mara Lindqvist", NIGHT_BUS, ("#1d1838", "#4b2f6b", "#c4536f", "#f29a6b", "#ffe3c2"))
TANGENTE = Artist("Café Tangente", NIGHT_BUS, ("#12302f", "#1f5a55", "#d8843f", "#f0b45f", "#f8ecd2"))
ARCADE_DUO = Artist("Northern Arcade", NIGHT_BUS, ("#0d0b2b", "#3a1a78", "#e0318c", "#22c7e0", "#f5f0ff"))
ZOE = Artist("Zoë Ardent", NIGHT_BUS, ("#2a1410", "#7c2d1e", "#d1562f", "#e9b04a", "#f7ead7"))
INES = Artist("Inês Valadão", LOW_TIDE, ("#10243a", "#245a7a", "#6fa8a6", "#d9b68a", "#f3eee2"))
KILOWATT = Artist("Kilowatt Garden", LOW_TIDE, ("#0c1f17", "#14573a", "#59b368", "#e6d84f", "#f6f7e4"))
SOLRUN = Artist("Sólrún Hale", LOW_TIDE, ("#16202b", "#3c5568", "#8fa9b5", "#e0b9a6", "#f4f1ee"))
ARTISTS = (MARA, TANGENTE, ARCADE_DUO, ZOE, INES, KILOWATT, SOLRUN)


def isrc(label: Label, year: int, designation: int) -> str:
    """A code in the form of ISO 3901, with invented registrants."""
    return f"{'QZNBR' if label is NIGHT_BUS else 'QZLTT'}{year % 100:02d}{designation:05d}"


PAPER_LANTERNS = Recipe(
    DREAM_POP, 104, "D", "major", "Dmaj7 Bm7 Gmaj7 A", "Gmaj7 A Bm7 F#m7", "I2 V4 C8 O3", seed=3, drive=1.2
)
MAINS_HUM = Recipe(
    HOUSE, 122, "F", "dorian", "Fm9 Ab Bb9 Cm7", "Fm9 Bb9 Eb Cm7", "I4 V8 C8 V4 C8 O4", seed=61, drive=1.5
)

LANTERNS_SINGLE = Release(
    "Paper Lanterns", "single", date(2024, 9, 13), MARA, ("Dream pop",), "lanterns",
    (
        Song("Paper Lanterns", isrc(NIGHT_BUS, 2024, 101), (MARA,), PAPER_LANTERNS),
        Song(
            "Paper Lanterns", isrc(NIGHT_BUS, 2024, 102), (MARA,), replace(PAPER_LANTERNS, form="I1 V4 C6 O1"),
            kind="video", number=2,
        ),
    ),
)  # fmt: skip
GLASS_WEATHER = Release(
    "Glass Weather", "ep", date(2025, 3, 7), MARA, ("Dream pop", "Electronic"), "glass",
    (
        Song("Glass Weather", isrc(NIGHT_BUS, 2025, 11), (MARA,), Recipe(
            DREAM_POP, 96, "E", "major", "Emaj7 C#m7 Amaj7 B", "Amaj7 B C#m7 G#m7", "I4 V8 C8 O4", seed=12)),
        Song("Second Snow", isrc(NIGHT_BUS, 2025, 12), (MARA,), Recipe(
            DREAM_POP, 88, "A", "minor", "Am9 Fmaj7 C G", "Fmaj7 G Am7 Em7", "I2 V8 C8 O4", seed=18, drive=0.9),
            number=2),
        Song("Afterglow, Slowly", isrc(NIGHT_BUS, 2025, 13), (MARA,), Recipe(
            DREAM_POP, 108, "G", "major", "Gadd9 Em7 Cmaj7 D", "Cmaj7 D Em7 Bm7", "I2 V8 C8 V4 O4", seed=22), number=3),
    ),
)  # fmt: skip
APRES_LA_PLUIE = Release(
    "Après la pluie", "ep", date(2023, 5, 26), TANGENTE, ("Bossa nova", "Jazz"), "rain",
    (
        Song("Après la pluie", isrc(NIGHT_BUS, 2023, 51), (TANGENTE,), Recipe(
            BOSSA, 128, "C", "major", "Cmaj9 A7b9 Dm9 G13", "Fmaj9 Fm6 Em7 A7b9 Dm9 G13 Cmaj9 Cmaj9",
            "I4 V8 C8 V4 C8 O4", seed=31, drive=0.9)),
        Song("Le dernier tram", isrc(NIGHT_BUS, 2023, 52), (TANGENTE,), Recipe(
            BOSSA, 120, "A", "minor", "Am9 Dm9 G13 Cmaj9", "Fmaj9 Bm7b5 E7 Am9", "I4 V8 C8 V4 O4", seed=35), number=2),
    ),
)  # fmt: skip
COIN_OP_SUMMER = Release(
    "Coin-Op Summer", "album", date(2023, 8, 18), ARCADE_DUO, ("Synthwave", "Electronic"), "pixels",
    (
        Song("Insert Coin", isrc(NIGHT_BUS, 2023, 71), (ARCADE_DUO,), Recipe(
            ARCADE, 112, "A", "minor", "Am F C G", "F G Am C", "I2 V8 C8 O3", seed=41, drive=1.5)),
        Song("Neon Promenade", isrc(NIGHT_BUS, 2023, 72), (ARCADE_DUO,), Recipe(
            ARCADE, 118, "E", "minor", "Em7 C G D", "C D Em7 Bm7", "I4 V8 C8 V4 C8 O3", seed=44, drive=1.6), number=2),
        Song("Ghost Train (Night Mix)", isrc(NIGHT_BUS, 2023, 73), (ARCADE_DUO, MARA), Recipe(
            ARCADE, 104, "B", "minor", "Bm7 Gmaj7 D A", "Gmaj7 A Bm7 D", "I4 V8 C8 V4 O4", seed=47, drive=1.3), disc=2),
        Song("Continue?", isrc(NIGHT_BUS, 2023, 74), (ARCADE_DUO,), Recipe(
            ARCADE, 126, "F", "major", "F Dm7 Bb C", "Bb C Am7 Dm7", "I2 V8 C8 V4 C4 O3", seed=49, drive=1.5),
            disc=2, number=2),
    ),
)  # fmt: skip
KITCHEN_TABLE = Release(
    "Kitchen Table", "ep", date(2024, 2, 2), ZOE, ("Neo soul", "R&B"), "table",
    (
        Song("Kitchen Table", isrc(NIGHT_BUS, 2024, 21), (ZOE,), Recipe(
            NEO_SOUL, 82, "Eb", "major", "Ebmaj9 Cm9 Fm9 Bb13", "Abmaj9 Gm7 Fm9 Bb13", "I2 V8 C8 O3", seed=52)),
        Song("Borrowed Keys", isrc(NIGHT_BUS, 2024, 22), (ZOE,), Recipe(
            NEO_SOUL, 90, "C", "dorian", "Cm9 F9 Cm9 F9", "Abmaj7 Gm7 Fm9 G7", "I2 V8 C8 O3", seed=55, drive=1.2),
            number=2, explicit=True),
    ),
)  # fmt: skip
SAY_IT_PLAIN = Release(
    "Say It Plain", "single", date(2025, 1, 24), ZOE, ("R&B", "Pop"), "speech",
    (
        Song("Say It Plain", isrc(NIGHT_BUS, 2025, 5), (ZOE, KILOWATT), Recipe(
            NEO_SOUL, 96, "A", "minor", "Am9 Em7 Fmaj9 G13", "Fmaj9 G13 Em7 Am9", "I4 V8 C8 V4 O4", seed=58, drive=1.4),
            explicit=True),
    ),
)  # fmt: skip
RIO_DE_INVERNO = Release(
    "Rio de Inverno", "album", date(2022, 11, 11), INES, ("Folk", "Singer-songwriter"), "waves",
    (
        Song("Rio de Inverno", isrc(LOW_TIDE, 2022, 31), (INES,), Recipe(
            WALTZ, 108, "G", "major", "G Em7 C D", "C G Am7 D", "I4 V8 C8 V4 C8 O4", seed=72, drive=0.8)),
        Song("A casa do vento", isrc(LOW_TIDE, 2022, 32), (INES,), Recipe(
            WALTZ, 120, "D", "minor", "Dm C Bb A7", "F C Gm7 A7", "I4 V8 C8 V4 C6 O4", seed=76, drive=0.9), number=2),
        Song("Maré alta", isrc(LOW_TIDE, 2022, 33), (INES, SOLRUN), Recipe(
            WALTZ, 96, "C", "major", "Cadd9 Am7 Fmaj7 G", "Fmaj7 C Dm7 G", "I4 V8 C8 V8 C8 O5", seed=79, drive=0.8),
            number=3),
    ),
)  # fmt: skip
MAINS_HUM_SINGLE = Release(
    "Mains Hum", "single", date(2024, 6, 21), KILOWATT, ("House", "Electronic"), "mains",
    (
        Song("Mains Hum", isrc(LOW_TIDE, 2024, 61), (KILOWATT,), MAINS_HUM),
        Song(
            "Mains Hum", isrc(LOW_TIDE, 2024, 62), (KILOWATT,), replace(MAINS_HUM, form="I2 V4 C6 O2"),
            kind="video", number=2,
        ),
    ),
)  # fmt: skip
STILL_HARBOUR = Release(
    "Still Harbour", "ep", date(2025, 2, 14), SOLRUN, ("Ambient", "Classical"), "harbour",
    (
        Song("Still Harbour", isrc(LOW_TIDE, 2025, 41), (SOLRUN,), Recipe(
            STILL, 66, "D", "major", "Dadd9 Bm7 Gmaj7 A", "Gmaj7 D Em7 A", "I2 V4 C6 O4", seed=83, drive=0.7)),
        Song("Ljós í glugga", isrc(LOW_TIDE, 2025, 42), (SOLRUN,), Recipe(
            STILL, 72, "F", "major", "Fmaj7 Dm7 Bbmaj7 Csus4", "Bbmaj7 F Gm7 C", "I4 V8 C8 O4", seed=87, drive=0.75),
            number=2),
    ),
)  # fmt: skip
# In the order they are sent: the first is the shortest, and the music of every artist is there early.
RELEASES = (
    LANTERNS_SINGLE,
    APRES_LA_PLUIE,
    KITCHEN_TABLE,
    MAINS_HUM_SINGLE,
    STILL_HARBOUR,
    RIO_DE_INVERNO,
    COIN_OP_SUMMER,
    GLASS_WEATHER,
    SAY_IT_PLAIN,
)


def ingest_order() -> Iterator[tuple[Release, Song]]:
    """Every song with its release: first songs of each release, then the rest, then videos, which take longest."""
    every = [(release, song) for release in RELEASES for song in release.songs]
    audio = [(release, song) for release, song in every if song.kind == "audio"]
    yield from sorted(audio, key=lambda pair: pair[0].songs.index(pair[1]))
    yield from ((release, song) for release, song in every if song.kind == "video")
