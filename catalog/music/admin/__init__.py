"""The staff pages of the catalogue, by what they are about."""

from catalog.music.admin import artists, recordings, releases

__all__ = ["artists", "recordings", "releases"]
