"""Gathers the topics' models for Django."""

from catalog.ingest.models import Asset, IngestJob, Master, Rendition
from catalog.library.models import Saved
from catalog.music.models import (
    Artist,
    ArtistAlias,
    Genre,
    Invitation,
    Label,
    Lyrics,
    Membership,
    Recording,
    RecordingCredit,
    Release,
    ReleaseCredit,
    Track,
)
from catalog.playlists.models import Playlist, PlaylistCover, PlaylistEntry
from catalog.rights.models import RightsChange, Rule, Takedown, TakedownEvent
from catalog.search.models import RecentSearch

__all__ = [
    "Artist",
    "ArtistAlias",
    "Asset",
    "Genre",
    "IngestJob",
    "Invitation",
    "Label",
    "Lyrics",
    "Master",
    "Membership",
    "Playlist",
    "PlaylistCover",
    "PlaylistEntry",
    "RecentSearch",
    "Recording",
    "RecordingCredit",
    "Release",
    "ReleaseCredit",
    "Rendition",
    "RightsChange",
    "Rule",
    "Saved",
    "Takedown",
    "TakedownEvent",
    "Track",
]
