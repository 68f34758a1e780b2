"""A wrong environment fails with a sentence that says what to set."""

import os
import subprocess
import sys

import pytest

from streaming import checks


def check(**environment):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "check", "--tag", "environment"],
        env={**kept, "DJANGO_SETTINGS_MODULE": "streaming.settings.base", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr + done.stdout


def test_an_empty_environment_names_everything_there_is_to_set():
    code, said = check()

    assert code == 1
    for name in (
        "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "R2_ENDPOINT_URL", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY",
        "MEDIA_BASE_URL", "MEDIA_LINK_KEYS", "TICKET_KEYS", "SEALING_KEYS",
        "REFRESH_TOKEN_KEYS", "AUDIT_KEY",
    ):  # fmt: skip
        assert f"{name} is not set. Set it to " in said


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", "perhaps", "Set it to true or false."),
        ("WEB_THREADS", "many", "Set it to a whole number."),
        ("DATABASE_URL", "mysql://x/y", "Only postgres:// works."),
        ("TICKET_KEYS", "a,b,c", "Keep the current and the previous one."),
        ("APPLE_STORE_ENVIRONMENT", "LocalTesting", "Set it to Production or Sandbox."),
        ("APPLE_STORE_ENVIRONMENT", "Xcode", "Set it to Production or Sandbox."),
        ("ADMIN_PATH", "/staff", "Set it to one word and a slash"),
    ],
)
def test_a_malformed_value_is_named(name, value, sentence):
    code, said = check(**{name: value})

    assert code == 1
    assert f"{name} " in said
    assert sentence in said


def test_the_connection_budget_is_checked(settings):
    settings.WEB_PROCESSES, settings.WEB_THREADS = 10, 20

    [found] = checks.connection_budget_is_kept()

    assert found.id == "streaming.E002"


def test_the_connection_budget_of_the_defaults_is_kept():
    assert checks.connection_budget_is_kept() == []


def test_one_redis_for_all_must_not_evict(settings):
    from streaming.lib import redis

    settings.CACHE_URL = settings.REDIS_URL
    assert checks.shared_redis_keeps_everything() == []
    redis.client().config_set("maxmemory-policy", "allkeys-lru")
    try:
        [found] = checks.shared_redis_keeps_everything()
    finally:
        redis.client().config_set("maxmemory-policy", "noeviction")

    assert found.id == "streaming.E003"
    assert "noeviction" in found.msg
