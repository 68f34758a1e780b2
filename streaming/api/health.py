"""/livez: this process answers. /readyz: it can serve, and what is missing by name.

A middleware and not views: a load balancer asks by address, and Django answers 400 to a Host that it does not know.
"""

import logging
from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from streaming.lib import redis

log = logging.getLogger(__name__)

_migrated = False


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            if request.path_info == "/livez":
                return JsonResponse({"live": True})
            if request.path_info == "/readyz":
                return _readyz()
        return self.get_response(request)


def _readyz() -> JsonResponse:
    """200 {"ready": true, "missing": []}; 503 without the database. A missing Redis is named, and does not stop us."""
    missing = [name for name in (_missing_database(), _missing_redis()) if name]
    ready = not missing or missing == ["redis"]
    return JsonResponse({"ready": ready, "missing": missing}, status=200 if ready else 503)


def _missing_database() -> str | None:
    global _migrated  # noqa: PLW0603  once migrated, a process stays so; the plan is not read again
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, ImproperlyConfigured):
        log.warning("readyz: the database does not answer", exc_info=True)
        return "database"
    return None if _migrated else "migrations"


def _missing_redis() -> str | None:
    try:
        redis.client().ping()
    except redis.RedisUnavailable:
        return "redis"
    return None
