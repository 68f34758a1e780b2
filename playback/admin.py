"""Gathers the topics' admin for Django."""

from playback.ads import admin as ads

__all__ = ["ads"]
