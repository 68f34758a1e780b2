"""Gathers the topics' admin for Django."""

from catalog.ingest import admin as ingest
from catalog.music import admin as music
from catalog.rights import admin as rights

__all__ = ["ingest", "music", "rights"]
