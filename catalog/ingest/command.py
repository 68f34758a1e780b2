"""The command line of ffmpeg that makes all files of a master at once: one decode, and the loudness beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from catalog.ingest import rules
from catalog.ingest.facts import DEMUXERS, MAX_PICTURE_SIDE, MediaFacts
from catalog.ingest.rules import (
    AssetPlan,
    Rung,
    Sound,
    Window,
    flac_format,
    frame_rate,
    preview_window,
)

SAMPLE_RATE = 44_100
# 43 AAC frames of 1,024 samples are 0.998 s: the frame after which a fragment reaches this is the same in every rung.
FRAGMENT_MICROSECONDS = 985_000
# Twelve frames are a fragment, and each stays below the 4,608 samples that small decoders take.
FLAC_FRAMES_A_SECOND = 12
FAST_CODER_ABOVE_KBPS = 200
FADE_IN_SECONDS, FADE_OUT_SECONDS = 0.3, 1.5

POSTER_SIDE = 1_280
# The most typical of so many pictures, two a second: rarely a black one, or one in the middle of a cut.
POSTER_PICTURES = 16

_FRAGMENTED = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-f", "mp4")
_MOVFLAGS = "cmaf+delay_moov+default_base_moof+skip_sidx+skip_trailer"


POSTER_FILE = "poster.png"


@dataclass(frozen=True)
class Job:
    """What one run of the encoder makes: the files of each asset in a folder of its own, and perhaps a poster.

    `source` and all that is written are named from the folder that the encoder is started in: who it runs as may not
    have a way to that from above.
    """

    source: str
    facts: MediaFacts
    plans: Mapping[str, AssetPlan]
    poster: bool


def file_name(quality: str, name: str) -> str:
    return f"{quality}/{name}.mp4"


def command_of(job: Job, ffmpeg: str) -> list[str]:
    command = [ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-y", "-progress", "pipe:1", "-stats_period", "0.3"]
    command += ["-protocol_whitelist", "file", "-format_whitelist", ",".join(DEMUXERS), "-f", job.facts.demuxer]
    command += ["-max_pixels", str(MAX_PICTURE_SIDE**2), "-max_error_rate", "0.05", "-i", f"file:{job.source}"]
    command += ["-filter_complex", ";".join([*_sound_filters(job), *_video_filters(job)])]
    for quality, plan in job.plans.items():
        for sound in plan.sound:
            command += [*_sound_output(f"{quality}_{sound.name}", sound, job.facts), *_file(quality, sound.name)]
        for rung in plan.video:
            command += [*_video_output(f"{quality}_{rung.name}", rung, job.facts), *_file(quality, rung.name)]
    if job.poster:
        command += ["-map", "[poster]", "-frames:v", "1", "-c:v", "png", "-f", "image2", "-update", "1"]
        command += [f"file:{POSTER_FILE}"]
    return [*command, "-map", "[measured]", "-f", "null", "-"]


def _file(quality: str, name: str) -> list[str]:
    # A rendition that is too large to be delivered must not fill the disk either.
    return ["-fs", str(rules.MAX_RENDITION_BYTES + 1), f"file:{file_name(quality, name)}"]


def _sound_filters(job: Job) -> Iterator[str]:
    """AAC from one resampled stream, FLAC from one at its own rate; the loudness is that of the first."""
    whole, parts, chains = [], [], []
    for quality, plan in job.plans.items():
        for sound in plan.sound:
            label = f"{quality}_{sound.name}"
            if sound.kbps is None:
                rate, bits = flac_format(job.facts)
                chains.append(f"[0:a:0]aresample={rate}:first_pts=0,{_stereo('s16' if bits == 16 else 's32')}[{label}]")
            elif plan.window is None:
                whole.append(f"[{label}]")
            else:
                parts.append(f"[cut_{label}]")
                chains.append(f"[cut_{label}]{_cut_sound(plan.window)}[{label}]")
    outputs = ["[loud]", *whole, *parts]
    yield (
        f"[0:a:0]aresample={SAMPLE_RATE}:first_pts=0,{_stereo('fltp')},asplit={len(outputs)}{''.join(outputs)};"
        "[loud]ebur128=peak=true:framelog=quiet[measured]"
    )
    yield from chains


def _stereo(sample_format: str) -> str:
    return f"aformat=sample_fmts={sample_format}:channel_layouts=stereo"


def _cut_sound(window: Window) -> str:
    start, length = window.start_ms / 1_000, window.length_ms / 1_000
    cut = f"atrim=start={start}:duration={length},asetpts=PTS-STARTPTS"
    return f"{cut},afade=t=in:d={FADE_IN_SECONDS},afade=t=out:st={length - FADE_OUT_SECONDS}:d={FADE_OUT_SECONDS}"


def _video_filters(job: Job) -> Iterator[str]:
    """Square pixels first, then the short side to the rung's lines, never up, and even sides as 4:2:0 needs."""
    chains = []
    for quality, plan in job.plans.items():
        for rung in plan.video:
            label = f"{quality}_{rung.name}"
            cut = "" if plan.window is None else _cut_picture(plan.window)
            chains.append((f"[cut_{label}]", f"{cut}{_scale(rung.lines)},setsar=1,format=yuv420p[{label}]"))
    if job.poster:
        preview = preview_window(job.facts.duration_ms)
        cut = _cut_picture(Window(preview.start_ms if preview else 0, POSTER_PICTURES * 500))
        chains.append(("[cut_poster]", f"{cut}fps=2,thumbnail={POSTER_PICTURES},{_fit(POSTER_SIDE)}[poster]"))
    if not chains:
        return
    fps = frame_rate(job.facts.fps or Fraction(25))
    square = "scale=w='trunc(iw*sar/2)*2':h='trunc(ih/2)*2',setsar=1"
    outputs = "".join(label for label, _ in chains)
    yield f"[0:v:0]fps={fps.numerator}/{fps.denominator}:start_time=0,{square},split={len(chains)}{outputs}"
    for label, chain in chains:
        yield label + chain


def _cut_picture(window: Window) -> str:
    return f"trim=start={window.start_ms / 1_000}:duration={window.length_ms / 1_000},setpts=PTS-STARTPTS,"


def _scale(lines: int) -> str:
    short = f"min({lines},min(iw,ih))"
    return f"scale=w='if(gt(iw,ih),-2,trunc({short}/2)*2)':h='if(gt(iw,ih),trunc({short}/2)*2,-2)':flags=bicubic"


def _fit(side: int) -> str:
    return f"scale=w='if(gt(iw,ih),min({side},iw),-2)':h='if(gt(iw,ih),-2,min({side},ih))'"


def _sound_output(label: str, sound: Sound, facts: MediaFacts) -> list[str]:
    output = ["-map", f"[{label}]", "-flags:a", "+bitexact"]
    if sound.kbps is None:
        rate, bits = flac_format(facts)
        output += ["-c:a", "flac", "-bits_per_raw_sample", str(bits), "-frame_size", str(rate // FLAC_FRAMES_A_SECOND)]
    else:
        output += ["-c:a", "aac", "-b:a", f"{sound.kbps}k"]
        # Twice as fast, and by ffmpeg's own account the better one where bits are plenty.
        output += ["-aac_coder", "fast"] if sound.kbps > FAST_CODER_ABOVE_KBPS else []
    return [*output, *_FRAGMENTED, "-movflags", _MOVFLAGS, "-frag_duration", str(FRAGMENT_MICROSECONDS)]


def _video_output(label: str, rung: Rung, facts: MediaFacts) -> list[str]:
    """Closed groups of one second, all rungs cut at the same frames; no edit list, so that sound and picture agree."""
    group = str(round(frame_rate(facts.fps or Fraction(25))))
    output = ["-map", f"[{label}]", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high"]
    output += ["-crf", str(rung.quality), "-maxrate", f"{rung.max_kbps}k", "-bufsize", f"{rung.buffer_kbit}k"]
    output += ["-g", group, "-keyint_min", group, "-sc_threshold", "0", "-flags:v", "+cgop+bitexact", *_FRAGMENTED]
    return [*output, "-movflags", f"{_MOVFLAGS}+frag_keyframe+negative_cts_offsets", "-use_editlist", "0"]
