"""Gathers the topics' models for Django."""

from catalog.ingest.models import Asset, IngestJob, Master, Rendition
from catalog.music.models import (
    Artist,
    Genre,
    Label,
    Membership,
    Recording,
    RecordingCredit,
    Release,
    ReleaseCredit,
    Track,
)

__all__ = [
    "Artist",
    "Asset",
    "Genre",
    "IngestJob",
    "Label",
    "Master",
    "Membership",
    "Recording",
    "RecordingCredit",
    "Release",
    "ReleaseCredit",
    "Rendition",
    "Track",
]
