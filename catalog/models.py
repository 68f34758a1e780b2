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
from catalog.search.models import IndexRow, RecentSearch, SearchDocument, SearchWord

__all__ = [
    "Artist",
    "ArtistAlias",
    "Asset",
    "Genre",
    "IndexRow",
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
    "SearchDocument",
    "SearchWord",
    "Takedown",
    "TakedownEvent",
    "Track",
]
