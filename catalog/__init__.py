"""What there is to play: labels, artists, releases, recordings and tracks; their masters and assets; search.

It promises that nothing half-ready and nothing a viewer may not see ever leaves it.
"""
