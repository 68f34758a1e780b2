"""Benches: `make bench` prints a table of all, `make -s bench NAME=x` one JSON object as the last line.

Each starts what it needs on its own data and ports, compares against a limit measured in the same run, and exits
non-zero when it misses what it states.
"""
