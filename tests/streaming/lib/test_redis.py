import pytest

from streaming.lib import redis


def test_the_breaker_opens_when_redis_is_stopped_and_closes_when_it_is_back(redis_server):
    redis.reset()
    redis.client().ping()
    redis_server.stop()
    with pytest.raises(redis.RedisUnavailable):
        redis.client().ping()
    assert redis.is_open()

    redis_server.start()
    redis.reset()

    assert redis.client().ping()
    assert not redis.is_open()


def test_a_frozen_redis_costs_one_timeout_and_then_nothing(redis_server):
    redis.reset()
    redis.client().ping()
    redis_server.freeze()

    for _ in range(3):
        with pytest.raises(redis.RedisUnavailable):
            redis.client().ping()

    assert redis.is_open()


def test_a_connection_that_the_server_closed_is_opened_again_unseen():
    redis.reset()
    client = redis.client()
    client.ping()
    own = client.client_id()
    client.execute_command("CLIENT", "KILL", "ID", str(own), "SKIPME", "no")

    assert client.ping()
    assert not redis.is_open()


def test_when_the_breaker_has_been_open_long_enough_one_caller_tries(monkeypatch):
    breaker = redis._Breaker()
    time = 100.0
    monkeypatch.setattr(redis.time, "monotonic", lambda: time)
    breaker.note_failure()
    with pytest.raises(redis.RedisUnavailable):
        breaker.check()

    time += redis.OPEN_SECONDS
    breaker.check()

    with pytest.raises(redis.RedisUnavailable):
        breaker.check()


def test_a_refusal_is_said_and_counts_as_unavailable(caplog):
    redis.reset()
    client = redis.client()
    client.set("a text", "x")

    with pytest.raises(redis.RedisUnavailable):
        client.lpush("a text", "y")

    client.delete("a text")
    assert [record.message for record in caplog.records if "WRONGTYPE" in record.message]
    assert not redis.is_open()


def test_connecting_says_nothing(caplog):
    redis.reset()
    redis.client().connection_pool.disconnect()

    redis.client().ping()

    assert not caplog.records
