"""Files of the demo: each is made once, kept in a folder, and only ever seen there whole."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

import av
import numpy as np
import numpy.typing as npt

from streaming.devstack.demo.ads import Ad, banner
from streaming.devstack.demo.catalogue import Release, Song
from streaming.devstack.demo.covers import cover
from streaming.devstack.demo.music import render
from streaming.devstack.demo.synth import RATE
from streaming.devstack.demo.video import encode

# Part of each file's name: raise it when the generator changes, so that files of the older one are not used.
VERSION = 1


def build_master(song: Song, folder: Path) -> Path:
    """The song's master, a FLAC or (for a video) an MP4, made unless the folder has it."""
    suffix = ".mp4" if song.kind == "video" else ".flac"
    return kept(folder, song.slug, repr(song), suffix, lambda path: write_master(song, path))


def build_cover(release: Release, folder: Path) -> Path:
    """The release's cover, a JPEG, made unless the folder has it."""
    recipe = f"{release.cover} {release.artist.palette}"
    return kept(folder, release.slug, recipe, ".jpg", lambda path: path.write_bytes(cover(release)))


def build_jingle(ad: Ad, folder: Path) -> Path:
    """The ad's master, a FLAC, made unless the folder has it."""
    return kept(folder, ad.slug, repr(ad.recipe), ".flac", lambda path: write_flac(render(ad.recipe), path))


def build_banner(ad: Ad, folder: Path) -> Path:
    """The ad's banner, a JPEG, made unless the folder has it."""
    recipe = f"{ad.advertiser} {ad.slogan} {ad.palette}"
    return kept(folder, f"{ad.slug}-banner", recipe, ".jpg", lambda path: path.write_bytes(banner(ad)))


def kept(folder: Path, name: str, recipe: str, suffix: str, write: Callable[[Path], object]) -> Path:
    """The file for a recipe. Two makers at once are fine: each writes its own and the last rename stands."""
    digest = sha256(f"{VERSION} {recipe}".encode()).hexdigest()[:10]
    path = folder / f"{name}-{digest}{suffix}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, prefix=".", suffix=suffix, delete=False) as unfinished:
            temporary = Path(unfinished.name)
        try:
            write(temporary)
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def write_master(song: Song, path: Path) -> None:
    samples = render(song.recipe)
    if song.kind == "video":
        encode(song, samples, path)
    else:
        write_flac(samples, path)


def write_flac(samples: npt.NDArray[np.int16], path: Path) -> None:
    """16-bit stereo at 44.1 kHz from samples of shape (frames, 2)."""
    with av.open(str(path), "w", format="flac", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("flac", rate=RATE, layout="stereo", format="s16")
        for start in range(0, len(samples), RATE):
            part = np.ascontiguousarray(samples[start : start + RATE]).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="stereo")
            frame.sample_rate = RATE
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
