"""Whether a track may be played, and why not: evaluated when it is read."""
