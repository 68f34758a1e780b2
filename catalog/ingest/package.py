"""Makes the files of the assets from a master: what is encoded, with its playlists, or a picture in its sizes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from catalog.ingest import playlists, rules
from catalog.ingest.artwork import Cover, Picture, make_banner, make_cover, make_poster
from catalog.ingest.boxes import FragmentedFile, read_fragmented
from catalog.ingest.encode import Encoded, encode
from catalog.ingest.errors import IngestError
from catalog.ingest.facts import PICTURE_FORMATS, SOUND_FORMATS, MediaFacts
from catalog.ingest.rules import Quality, warnings_about

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"


@dataclass(frozen=True)
class PackageFile:
    path: Path
    content_type: str


@dataclass(frozen=True)
class RenditionFacts:
    """As in the model Rendition; delay and padding in samples, None for pictures."""

    name: str
    codec: str
    bandwidth: int
    width: int | None
    height: int | None
    size_bytes: int
    encoder_delay: int | None = None
    padding: int | None = None


@dataclass(frozen=True)
class Package:
    """One asset. The files are in the order to store them: what a player opens first comes last."""

    quality: str
    files: tuple[PackageFile, ...]
    renditions: tuple[RenditionFacts, ...]
    color: str = ""


@dataclass(frozen=True)
class Packages:
    """All that became of a master, what was measured, and sentences that an editor should read."""

    assets: tuple[Package, ...]
    duration_ms: int | None = None
    loudness_lufs: float | None = None
    true_peak_db: float | None = None
    warnings: tuple[str, ...] = ()


def package_cover(source: Path, folder: Path) -> Packages:
    """Raises IngestError."""
    return _package_square(Quality.ARTWORK, make_cover(source, folder))


def package_banner(source: Path, folder: Path) -> Packages:
    """Raises IngestError."""
    return _package_square(Quality.BANNER, make_banner(source, folder))


def _package_square(quality: str, cover: Cover) -> Packages:
    warning = "It was cropped to a square from {} × {} pixels. Upload a square one if something is missing now."
    warnings = (warning.format(*cover.source),) if cover.was_cropped else ()
    return Packages((_package_pictures(quality, cover.pictures, cover.color),), warnings=warnings)


def _package_pictures(quality: str, pictures: tuple[Picture, ...], color: str = "") -> Package:
    files = tuple(PackageFile(picture.path, f"image/{picture.codec}") for picture in pictures)
    renditions = tuple(
        RenditionFacts(picture.path.name, picture.codec, 0, picture.width, picture.height, picture.path.stat().st_size)
        for picture in pictures
    )
    return Package(quality, files, renditions, color)


def package_media(
    source: Path,
    facts: MediaFacts,
    folder: Path,
    *,
    wanted: Collection[str],
    counts: bool = True,
    on_progress: Callable[[int], None],
) -> Packages:
    """Encode the wanted assets of a master; `counts` says whether plays of it are streams, which those of ads are not.

    Raises IngestError and IngestInterrupted.
    """
    encoded = encode(source, facts, folder, wanted=wanted, on_progress=on_progress)
    assets, left_out = _package_assets(encoded)
    if encoded.poster is not None:
        assets.append(_package_pictures(Quality.POSTER, make_poster(encoded.poster, folder)))
    warnings = warnings_about(
        duration_ms=encoded.duration_ms,
        true_peak_db=encoded.true_peak_db,
        left_out=left_out,
        counts=counts,
    )
    return Packages(tuple(assets), encoded.duration_ms, encoded.loudness_lufs, encoded.true_peak_db, tuple(warnings))


def check_kind(facts: MediaFacts, *, video: bool) -> None:
    """Raises IngestError when the master is not what its recording says."""
    if video and facts.kind == "audio":
        raise IngestError("NO_PICTURE", f"This file has sound but no picture. Upload the video as {PICTURE_FORMATS}.")
    if not video and facts.kind == "video":
        raise IngestError(
            "NOT_SOUND_ALONE",
            "This file is a video, and the recording is audio. "
            f"Upload its sound as {SOUND_FORMATS}, or make a recording of kind video for it.",
        )


def _package_assets(encoded: Encoded) -> tuple[list[Package], list[str]]:
    """The assets that have something left, and the names of the renditions that are too large."""
    assets, all_left_out = [], []
    for quality, files in encoded.assets.items():
        sound, left_out = _small_enough(files.sound)
        pictures, pictures_left_out = _small_enough(files.video)
        all_left_out += left_out + pictures_left_out
        if sound and (pictures or not files.video):
            assets.append(_package_asset(quality, files.sound[0].parent, sound, pictures))
        elif quality != Quality.HIGH:
            raise _too_large()
    return assets, all_left_out


def _package_asset(quality: str, folder: Path, sound: list[FragmentedFile], pictures: list[FragmentedFile]) -> Package:
    main = playlists.video_multivariant(pictures, sound) if pictures else playlists.sound_multivariant(sound)
    tracks = [*sound, *pictures]
    files = (*_media_files(tracks, folder), _text_file(folder / "main.m3u8", main))
    return Package(quality, files, tuple(_facts(track) for track in tracks))


def _too_large() -> IngestError:
    return IngestError(
        "TOO_LARGE",
        f"Every rendition of this file is larger than {rules.MAX_RENDITION_BYTES // 1_000_000} MB, "
        "which can't be delivered. Split it and upload the parts.",
    )


def _small_enough(paths: tuple[Path, ...]) -> tuple[list[FragmentedFile], list[str]]:
    kept, left_out = [], []
    for path in paths:
        if path.stat().st_size > rules.MAX_RENDITION_BYTES:
            left_out.append(path.stem)
        else:
            kept.append(read_fragmented(path))
    return kept, left_out


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
        encoder_delay=None if track.width else track.delay,
        padding=None if track.width else track.padding,
    )
