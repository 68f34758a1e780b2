"""The demo catalogue: invented artists whose songs, covers and videos are made here, the same each time.

    for release, song in ingest_order():
        build_cover(release, folder)  # a JPEG of 1500 × 1500
        build_master(song, folder)  # a FLAC, or an MP4 for a video

`catalogue` and `ads` hold the data, `recipes` the artists' sounds. `score` writes notes (over `harmony`), which
`music` plays (`synth`, `drums`, `effects`). `covers` draws on a `canvas`, `video` moves pictures to a song, `masters`
keeps files.
"""

from streaming.devstack.demo.ads import ADS, Ad
from streaming.devstack.demo.catalogue import ARTISTS, LABELS, RELEASES, Artist, Label, Release, Song, ingest_order
from streaming.devstack.demo.masters import build_banner, build_cover, build_jingle, build_master

__all__ = [
    "ADS",
    "ARTISTS",
    "LABELS",
    "RELEASES",
    "Ad",
    "Artist",
    "Label",
    "Release",
    "Song",
    "build_banner",
    "build_cover",
    "build_jingle",
    "build_master",
    "ingest_order",
]
