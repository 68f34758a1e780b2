"""What each demo artist sounds like, and what makes one song differ from the next.

Rhythms are strings, one character per sixteenth note, so a 4/4 bar has 16 and a 3/4 bar 12:
`.` rest, `-` hold the note before, `x`/`X`/`o` a hit (normal, accented, soft). In accompaniment patterns a digit picks
one voice of the chord, lowest first; in bass patterns `r`, `3`, `5` and `8` pick the root, third, fifth and octave.
"""

from dataclasses import dataclass, field
from typing import Literal

TimbreName = Literal[
    "warm", "pluck", "guitar", "epiano", "organ", "felt", "bell", "flute", "soft", "square", "round", "saw"
]
DrumName = Literal["kick", "snare", "clap", "rim", "hat", "open", "shaker"]
ScaleName = Literal["major", "minor", "dorian", "mixolydian"]


@dataclass(frozen=True)
class Pattern:
    """One bar of rhythm for verses and one for choruses."""

    verse: str
    chorus: str


@dataclass(frozen=True)
class Sound:
    """An artist's band. `swing` delays each second eighth or sixteenth (`swing_steps` 2 or 1) by that share of a
    sixteenth; `room` is the reverb's level, `decay` its length in seconds, `duck` how far a kick pushes the rest down.
    """

    comp: TimbreName
    comp_rhythm: Pattern
    bass: TimbreName
    bass_rhythm: Pattern
    lead: TimbreName
    pad: TimbreName | None = None
    drums: dict[DrumName, Pattern] = field(default_factory=dict, hash=False)
    beats: int = 4
    swing: float = 0.0
    swing_steps: int = 2
    room: float = 0.25
    decay: float = 1.4
    duck: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """One song: `verse` and `chorus` are chord names, one per bar, repeated as needed; `form` lists sections and their
    bars (I intro, V verse, C chorus, O outro); `drive` is how hard the master is pushed (1 is gentle)."""

    sound: Sound
    tempo: float
    tonic: str
    scale: ScaleName
    verse: str
    chorus: str
    form: str
    seed: int
    drive: float = 1.0

    @property
    def sections(self) -> list[tuple[str, int]]:
        return [(word[0], int(word[1:])) for word in self.form.split()]

    @property
    def step_seconds(self) -> float:
        return 15.0 / self.tempo

    @property
    def bar_seconds(self) -> float:
        return self.step_seconds * 4 * self.sound.beats

    @property
    def seconds(self) -> float:
        """Whole length, with the last chord's ring."""
        return self.bar_seconds * sum(bars for _, bars in self.sections) + TAIL_SECONDS


TAIL_SECONDS = 3.0

DREAM_POP = Sound(
    comp="pluck",
    comp_rhythm=Pattern("0-1-2-3-2-1-2-1-", "0-2-1-3-2-4-3-1-"),
    bass="round",
    bass_rhythm=Pattern("r-------..r-5---", "r--r--r-r-..5-8-"),
    lead="soft",
    pad="warm",
    drums={
        "kick": Pattern("X.......X.o.....", "X.....x.X.o....."),
        "clap": Pattern("................", "....X.......X..."),
        "rim": Pattern("....x.......x...", "................"),
        "hat": Pattern("x...x...x...x...", "x.o.x.o.x.o.x.oo"),
    },
    room=0.34,
    decay=1.9,
)

BOSSA = Sound(
    comp="epiano",
    comp_rhythm=Pattern("x--x--..x-..x---", "x--x--x-..x--x--"),
    bass="round",
    bass_rhythm=Pattern("r-----5-5-----r-", "r-----5-8---5-r-"),
    lead="flute",
    drums={
        "kick": Pattern("x.....o.x.....o.", "x.....ox..x...o."),
        "rim": Pattern("x..x..x...x..x..", "x..x..x...x..x.."),
        "shaker": Pattern("xoxoxoxoxoxoxoxo", "xoXoxoXoxoXoxoXo"),
    },
    swing=0.12,
    swing_steps=1,
    room=0.2,
    decay=1.1,
)

ARCADE = Sound(
    comp="pluck",
    comp_rhythm=Pattern("0-2-1-2-3-2-1-2-", "0123210201232102"),
    bass="saw",
    bass_rhythm=Pattern("r-r-r-r-r-r-r-8-", "r-r-8-r-r-r-8-5-"),
    lead="square",
    pad="warm",
    drums={
        "kick": Pattern("X...x...X...x...", "X...x...X...x.x."),
        "snare": Pattern("....x.......x...", "....X.......X..o"),
        "hat": Pattern("..x...x...x...x.", "x.x.x.x.x.x.x.xo"),
    },
    room=0.28,
    decay=1.5,
    duck=0.25,
)

NEO_SOUL = Sound(
    comp="epiano",
    comp_rhythm=Pattern("x-----..x---..x-", "x---..x-----x-x-"),
    bass="round",
    bass_rhythm=Pattern("r---..r-..5-8---", "r--r..8-..5-r-5-"),
    lead="organ",
    drums={
        "kick": Pattern("X......x..x.....", "X..o...x..X..o.."),
        "snare": Pattern("....x.......x..o", "....X..o.o..X..o"),
        "hat": Pattern("x.o.x.o.x.o.x.o.", "x.oox.o.x.oox.o."),
    },
    swing=0.3,
    swing_steps=1,
    room=0.2,
    decay=1.2,
)

WALTZ = Sound(
    comp="guitar",
    comp_rhythm=Pattern("0-1-2-3-2-1-", "0-2-3-4-3-2-"),
    bass="felt",
    bass_rhythm=Pattern("r-----------", "r-------5---"),
    lead="flute",
    pad="warm",
    drums={
        "kick": Pattern("............", "x..........."),
        "shaker": Pattern("..x.o.x.o.x.", "x.o.x.o.x.oo"),
    },
    beats=3,
    swing=0.1,
    room=0.3,
    decay=1.6,
)

HOUSE = Sound(
    comp="organ",
    comp_rhythm=Pattern("..x-..x...x-..x.", "x-.x-.x-..x-..x-"),
    bass="saw",
    bass_rhythm=Pattern("..r-..r-..r-..5-", "..r-..rr..r-..85"),
    lead="bell",
    pad="warm",
    drums={
        "kick": Pattern("X...X...X...X...", "X...X...X...X..o"),
        "clap": Pattern("....o.......o...", "....X.......X..."),
        "hat": Pattern("o.o.o.o.o.o.o.o.", "xooxxoxoxooxxoxo"),
        "open": Pattern("................", "..x...x...x...x."),
    },
    swing=0.14,
    swing_steps=1,
    room=0.22,
    decay=1.3,
    duck=0.55,
)

STILL = Sound(
    comp="felt",
    comp_rhythm=Pattern("0---1---2---1---", "0---2---3-2-1---"),
    bass="round",
    bass_rhythm=Pattern("r---------------", "r-------5-------"),
    lead="bell",
    pad="warm",
    room=0.5,
    decay=3.2,
)
