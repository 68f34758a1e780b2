from streaming.settings.base import *  # noqa: F403

ROOT_URLCONF = "tests.bench._urls"
TICKETS_PER_MINUTE = 1_000_000_000
ALLOWED_HOSTS = ["*"]
