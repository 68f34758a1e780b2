"""Makes the files of an asset from a master: what is encoded, with its playlists, or a cover in its sizes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from catalog.ingest import playlists
from catalog.ingest.artwork import make_cover
from catalog.ingest.boxes import FragmentedFile, read_fragmented
from catalog.ingest.encode import encode
from catalog.ingest.errors import IngestError
from catalog.ingest.probe import HEAD_BYTES, PICTURE_FORMATS, SOUND_FORMATS, MediaFacts, probe
from catalog.ingest.sniff import is_picture

# The CDN does not cache a larger file.
MAX_RENDITION_BYTES = 500_000_000

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"


@dataclass(frozen=True)
class PackageFile:
    path: Path
    content_type: str


@dataclass(frozen=True)
class RenditionFacts:
    name: str
    codec: str
    bandwidth: int
    width: int | None
    height: int | None
    size_bytes: int


@dataclass(frozen=True)
class Package:
    """The files in the order to store them: what a player opens first comes last."""

    files: tuple[PackageFile, ...]
    renditions: tuple[RenditionFacts, ...]
    duration_ms: int | None = None
    loudness_lufs: float | None = None
    true_peak_db: float | None = None
    color: str = ""
    warning: str = ""


def package_cover(source: Path, folder: Path) -> Package:
    """Raises IngestError."""
    cover = make_cover(source, folder)
    renditions = [
        RenditionFacts(path.name, "webp", 0, min(size, cover.side), min(size, cover.side), path.stat().st_size)
        for size, path in cover.files.items()
    ]
    files = [PackageFile(path, "image/webp") for path in cover.files.values()]
    return Package(tuple(files), tuple(renditions), color=cover.color)


def package_ad(source: Path, folder: Path, *, on_progress: Callable[[int], None]) -> Package:
    """An ad is whatever its master holds: sound, a video, or the picture that becomes its banner.

    Raises IngestError and IngestInterrupted.
    """
    with source.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if is_picture(head):
        return package_cover(source, folder)
    return package_media(source, folder, video=None, on_progress=on_progress)


def package_media(source: Path, folder: Path, *, video: bool | None, on_progress: Callable[[int], None]) -> Package:
    """`video` says what is wanted, None that either will do; raises IngestError when the master holds something else,
    and IngestInterrupted."""
    facts = probe(source)
    if video is None:
        video = facts.kind == "video"
    _check_kind(facts, video=video)
    encoded = encode(source, facts, folder, on_progress=on_progress)
    sound, left_out = _small_enough(encoded.sound)
    pictures, pictures_left_out = _small_enough(encoded.video)
    left_out += pictures_left_out
    if not sound or (video and not pictures):
        raise IngestError(
            "TOO_LARGE",
            f"Every rendition of this file is larger than {MAX_RENDITION_BYTES // 1_000_000} MB, "
            "which can't be delivered. Split it and upload the parts.",
        )
    main = playlists.video_multivariant(pictures, sound) if video else playlists.sound_multivariant(sound)
    tracks = [*sound, *pictures]
    return Package(
        files=(*_media_files(tracks, folder), _text_file(folder / "main.m3u8", main)),
        renditions=tuple(_facts(track) for track in tracks),
        duration_ms=encoded.duration_ms,
        loudness_lufs=encoded.loudness_lufs,
        true_peak_db=encoded.true_peak_db,
        warning=_warning(left_out),
    )


def _check_kind(facts: MediaFacts, *, video: bool) -> None:
    if video and facts.kind == "audio":
        raise IngestError("NO_PICTURE", f"This file has sound but no picture. Upload the video as {PICTURE_FORMATS}.")
    if not video and facts.kind == "video":
        raise IngestError(
            "NOT_SOUND_ALONE",
            "This file is a video, and the recording is audio. "
            f"Upload its sound as {SOUND_FORMATS}, or make a recording of kind video for it.",
        )


def _small_enough(paths: dict[str, Path]) -> tuple[list[FragmentedFile], list[str]]:
    kept, left_out = [], []
    for path in paths.values():
        if path.stat().st_size > MAX_RENDITION_BYTES:
            left_out.append(path.stem)
        else:
            kept.append(read_fragmented(path))
    return kept, left_out


def _warning(left_out: list[str]) -> str:
    if not left_out:
        return ""
    limit = MAX_RENDITION_BYTES // 1_000_000
    return f"Left out because larger than {limit} MB, which the CDN would not cache: {', '.join(left_out)}."


def _media_files(tracks: list[FragmentedFile], folder: Path) -> list[PackageFile]:
    files = []
    for track in tracks:
        files.append(PackageFile(folder / track.name, "video/mp4" if track.width else "audio/mp4"))
        files.append(_text_file(folder / playlists.playlist_name(track), playlists.media_playlist(track)))
    return files


def _text_file(path: Path, text: str) -> PackageFile:
    path.write_text(text, encoding="utf-8")
    return PackageFile(path, PLAYLIST_TYPE)


def _facts(track: FragmentedFile) -> RenditionFacts:
    return RenditionFacts(
        name=track.name,
        codec=track.codec,
        bandwidth=playlists.peak_bandwidth(track),
        width=track.width or None,
        height=track.height or None,
        size_bytes=track.size,
    )
