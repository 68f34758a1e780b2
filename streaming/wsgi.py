import gc
import os
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings.base")

_django = get_wsgi_application()
# Else the first request to each process would load them.
import_module(settings.ROOT_URLCONF)
# What is loaded by now stays. The collector need not walk through it in the middle of somebody's request, and the
# processes of gunicorn go on sharing its memory.
gc.collect()
gc.freeze()
# A page makes tens of thousands of objects, which go as it ends. Looking for circles of them after every 700 made the
# slowest pages a fifth slower.
gc.set_threshold(10_000, 10, 10)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, behind a look at the one header that it reads before any middleware: a NUL in it is a 500 there."""
    if "%00" in environ.get("CONTENT_TYPE", ""):
        environ["CONTENT_TYPE"] = "application/octet-stream"
    return _django(environ, start_response)
