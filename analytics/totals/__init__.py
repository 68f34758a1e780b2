"""Precomputed sums by day, and the rollup that moves pending plays into them exactly once."""
