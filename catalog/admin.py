"""Gathers the topics' admin for Django."""

from catalog.ingest import admin as ingest
from catalog.music import admin as music

__all__ = ["ingest", "music"]
