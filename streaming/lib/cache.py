"""Django's cache on Redis, for callers that must go on without it."""

from typing import Any

from django_redis.cache import RedisCache


class OpenCache(RedisCache):
    """With Redis away, `add` grants.

    django-allauth's limits take their locks by `add`, wait a second for each, and refuse when there is none: sign-in
    would stop with Redis. Whoever needs exclusion that holds uses PostgreSQL.
    """

    def add(self, *args: Any, **kwargs: Any) -> bool:
        added = super().add(*args, **kwargs)
        return True if added is None else bool(added)
