"""Pure decisions of the ingest: what is encoded from a master, and what an editor should know about it."""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from catalog.ingest.facts import MediaFacts
from catalog.ingest.models import Asset

Quality = Asset.Quality

OF_SOUND = (Quality.PREVIEW, Quality.STANDARD, Quality.HIGH)
OF_VIDEO = (Quality.PREVIEW, Quality.VIDEO, Quality.POSTER)
# What is heard or seen whole. Without it nothing is published.
PLAYED = (Quality.STANDARD, Quality.VIDEO)

# The CDN does not cache a larger file.
MAX_RENDITION_BYTES = 500_000_000

PREVIEW_MS = 30_000
# Past the introduction, and in most songs before the first chorus has ended.
PREVIEW_FROM = Fraction(3, 10)

MAX_FLAC_RATE = 48_000
LOSSLESS = ("pcm_", "flac", "alac")

MAX_FPS = 30
STANDARD_RATES = (Fraction(24_000, 1001), Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(30))

# A play counts once it has been listened to for longer (analytics).
COUNTS_AFTER_MS = 30_000


@dataclass(frozen=True)
class Sound:
    """AAC-LC at so many kbit/s; FLAC where that is None."""

    name: str
    kbps: int | None


@dataclass(frozen=True)
class Rung:
    """H.264 of so many lines at most: `quality` is x264's CRF, the buffer says how far the peak rate may be left."""

    name: str
    lines: int
    quality: int
    max_kbps: int
    buffer_kbit: int


@dataclass(frozen=True)
class Window:
    """A part of a master, in milliseconds."""

    start_ms: int
    length_ms: int


A64, A96, A160, A256, FLAC = (
    Sound("a64", 64),
    Sound("a96", 96),
    Sound("a160", 160),
    Sound("a256", 256),
    Sound("flac", None),
)

# The lowest one and its sound stay below 192 kbit/s together, which Apple asks for on mobile networks; each further one
# has two to three times the rate of the one before it.
RUNGS = (
    Rung("v234", 234, 28, 80, 80),
    Rung("v360", 360, 23, 700, 1_400),
    Rung("v540", 540, 23, 1_800, 3_600),
    Rung("v720", 720, 22, 3_000, 6_000),
    Rung("v1080", 1_080, 22, 5_500, 11_000),
)


@dataclass(frozen=True)
class AssetPlan:
    """The renditions of one asset, lowest first; only a part of the master where there is a window."""

    sound: tuple[Sound, ...]
    video: tuple[Rung, ...] = ()
    window: Window | None = None


def qualities_of(kind: str, *, is_ad: bool) -> tuple[str, ...]:
    """What is made of a master, in the order in which it is stored. An ad is short, and never heard in part."""
    if is_ad:
        return (Quality.VIDEO if kind == "video" else Quality.STANDARD,)
    return OF_VIDEO if kind == "video" else OF_SOUND


def plan_assets(facts: MediaFacts, wanted: Collection[str]) -> dict[str, AssetPlan]:
    """What is encoded for each asset that is wanted of a master; a poster is a picture, and not among them."""
    rungs = rungs_for(facts.width, facts.height) if facts.kind == "video" else ()
    plans = {
        Quality.PREVIEW: AssetPlan((A64,) if rungs else (A96,), rungs[:2], preview_window(facts.duration_ms)),
        Quality.STANDARD: AssetPlan((A64, A96, A160)),
        Quality.HIGH: AssetPlan((A256, FLAC) if facts.codec.startswith(LOSSLESS) else (A256,)),
        Quality.VIDEO: AssetPlan((A64, A160), rungs),
    }
    return {quality: plan for quality, plan in plans.items() if quality in wanted}


def preview_window(duration_ms: int) -> Window | None:
    """Thirty seconds from three tenths on, earlier where they would pass the end; None: a short song is heard whole."""
    if duration_ms <= PREVIEW_MS:
        return None
    return Window(min(int(duration_ms * PREVIEW_FROM), duration_ms - PREVIEW_MS), PREVIEW_MS)


def rungs_for(width: int, height: int) -> tuple[Rung, ...]:
    """The lowest rung always, and each further one that shows more than the rung before it."""
    short_side = min(width, height)
    return tuple(rung for index, rung in enumerate(RUNGS) if index == 0 or short_side > RUNGS[index - 1].lines)


def flac_format(facts: MediaFacts) -> tuple[int, int]:
    """Hertz and bits of the FLAC rendition: the master's own up to 48 kHz, and 24 bits where it has more than 16."""
    return min(facts.sample_rate, MAX_FLAC_RATE), 24 if facts.bits > 16 else 16


def frame_rate(source: Fraction) -> Fraction:
    """The constant frame rate for a source's average one: a standard rate where it is near, never above 30."""
    rate = source
    while rate > MAX_FPS * Fraction(101, 100):
        rate /= 2
    near = min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
    if abs(near - rate) < near / 100:
        return near
    return Fraction(max(1, round(rate)))


def warnings_about(
    *, duration_ms: int, true_peak_db: float | None, left_out: Collection[str], counts: bool
) -> list[str]:
    """What an editor should know of a master that could be used: a sentence each, with what to do."""
    found = []
    if left_out:
        found.append(
            f"Left out because larger than {MAX_RENDITION_BYTES // 1_000_000} MB, which the CDN would not cache: "
            f"{', '.join(left_out)}. Split the recording if listeners should have it."
        )
    if counts and duration_ms <= COUNTS_AFTER_MS:
        found.append(
            "It lasts 30 seconds or less, so no play of it can count as a stream: that takes more than 30 seconds. "
            "Upload a longer version if it should earn."
        )
    if true_peak_db is not None and true_peak_db > 0:
        found.append(
            f"It clips: the true peak is {true_peak_db:+.1f} dBTP, which distorts in many players. "
            "Ask for a master whose true peak stays below −1 dBTP and upload that."
        )
    return found
