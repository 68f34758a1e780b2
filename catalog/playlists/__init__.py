"""Playlists: private, unlisted and public ones of listeners, and editorial ones. Private means absent everywhere."""
