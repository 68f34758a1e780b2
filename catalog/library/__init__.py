"""What a person has saved: tracks, releases, artists and playlists, kept whatever becomes of them."""
