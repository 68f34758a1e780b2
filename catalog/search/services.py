"""What the worker does for search."""

from catalog.search import backlog


def work_off_backlog() -> None:
    backlog.store_waiting()
