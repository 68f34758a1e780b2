"""Labels, artists, releases, recordings, tracks, and the teams behind labels and artists."""
