"""What reaches Django before any middleware."""

import io
import subprocess
import sys

import pytest

from streaming.wsgi import application


def call(**environ):
    answer = {}

    def start(status, headers):
        answer["status"] = status

    base = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/auth/refresh", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1", "wsgi.input": io.BytesIO(b"{}"), "CONTENT_LENGTH": "2", "wsgi.url_scheme": "http",
    }  # fmt: skip
    answer["body"] = b"".join(application({**base, **environ}, start))
    return answer


@pytest.mark.parametrize("charset", ["charset*=utf-8''%00", "charset*=utf-8''a%00b", "charset=%00"])
def test_a_nul_in_the_charset_is_refused_and_no_error_of_ours(db, charset):
    answer = call(CONTENT_TYPE=f"application/json; {charset}")

    assert answer["status"].startswith(("400", "415"))
    assert b'"code"' in answer["body"]


def test_what_is_loaded_at_the_start_is_kept_from_the_collector():
    """In a process of its own, as gunicorn loads it. What only the readers of media need is not among it."""
    program = (
        "import gc, sys; import streaming.wsgi; from django.conf import settings; "
        "print(gc.get_freeze_count() > 100_000, settings.ROOT_URLCONF in sys.modules, 'av' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert said.stdout.split() == ["True", "True", "False"]
