"""Django system checks: what is wrong with the environment, and what to set."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from redis.exceptions import RedisError

from streaming.lib import redis
from streaming.settings.env import problems


@register("environment")
def environment_is_complete(**kwargs: Any) -> list[CheckMessage]:
    return [Error(found.sentence, id="streaming.E001", obj=found.name) for found in problems]


@register("environment")
def connection_budget_is_kept(**kwargs: Any) -> list[CheckMessage]:
    """Each thread of each process holds one connection; a small RDS allows about 80 with room for people."""
    needed = settings.WEB_PROCESSES * settings.WEB_THREADS + settings.WORKER_PROCESSES
    if needed <= settings.DATABASE_CONNECTIONS:
        return []
    return [
        Error(
            f"{needed} database connections may be opened and {settings.DATABASE_CONNECTIONS} are allowed. "
            "Lower WEB_PROCESSES, WEB_THREADS or WORKER_PROCESSES, or raise DATABASE_CONNECTIONS with the server's.",
            id="streaming.E002",
        )
    ]


@register("environment", deploy=True)
def shared_redis_keeps_everything(**kwargs: Any) -> list[CheckMessage]:
    """One server for broker, deny list and cache must be noeviction, or a full cache drops sign-outs and jobs."""
    if urlsplit(settings.REDIS_URL).netloc != urlsplit(settings.CACHE_URL).netloc:
        return []
    try:
        policy = redis.client().config_get("maxmemory-policy").get("maxmemory-policy", "")
    except RedisError as error:
        return [checks.Warning(f"Redis could not be asked for its maxmemory-policy: {error}", id="streaming.W003")]
    if policy == "noeviction":
        return []
    return [
        Error(
            f"REDIS_URL and CACHE_URL are one server and its maxmemory-policy is {policy}. "
            "Set it to noeviction, or give CACHE_URL a server of its own.",
            id="streaming.E003",
        )
    ]
