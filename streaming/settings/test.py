"""The same settings under test: quick password hashes, and a guard over every response (tests/guard.py)."""

from streaming.settings.base import *  # noqa: F403
from streaming.settings.base import MIDDLEWARE

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIDDLEWARE = ["tests.guard.NoMediaBytesMiddleware", *MIDDLEWARE]
CELERY_TASK_ALWAYS_EAGER = False
