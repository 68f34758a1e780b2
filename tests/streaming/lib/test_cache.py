from django.core.cache import cache

from streaming.lib import redis


def test_the_cache_keeps_what_was_put_in():
    redis.reset()
    cache.set("colour", "orange", 30)

    assert cache.get("colour") == "orange"


def test_with_redis_gone_the_cache_is_empty_and_breaks_nothing(redis_server):
    redis.reset()
    redis_server.stop()

    cache.set("colour", "orange", 30)

    assert cache.get("colour", "none") == "none"
    assert redis.is_open()
