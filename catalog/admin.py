"""Gathers the topics' admin for Django."""

from catalog.ingest import admin as ingest
from catalog.ingest import inbox_admin as inbox
from catalog.music import admin as music
from catalog.playlists import admin as playlists
from catalog.rights import admin as rights

__all__ = ["inbox", "ingest", "music", "playlists", "rights"]
