"""The same settings under test: quick password hashes, and a guard over every response (tests/guard.py)."""

import tempfile
from pathlib import Path

from streaming.settings.base import *  # noqa: F403
from streaming.settings.base import MIDDLEWARE

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIDDLEWARE = ["tests.guard.NoMediaBytesMiddleware", *MIDDLEWARE]
CELERY_TASK_ALWAYS_EAGER = False
# The mailbox page is there; the tests that send mail give it a folder of their own.
MAILBOX_DIR = str(Path(tempfile.gettempdir()) / "backbeat-test-mail")
