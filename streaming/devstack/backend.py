"""The Django side: gunicorn, two Celery workers, beat, what prepares the database, and the demo's feeder."""

import http.client
import sys

from streaming.devstack.processes import Child, Piece
from streaming.devstack.site import ROOT, Site

PYTHON = sys.executable
WEB_PROCESSES = 2
WEB_THREADS = 8
WORKER_PROCESSES = 2
QUICK_START = ("--without-mingle", "--without-gossip", "--loglevel=INFO")


def settings(site: Site) -> dict[str, str]:
    """Environment of every Django process, apart from the addresses of the other pieces."""
    return {
        **site.secrets.settings,
        "DJANGO_SETTINGS_MODULE": "streaming.settings.base",
        "WEB_PROCESSES": str(WEB_PROCESSES),
        "WEB_THREADS": str(WEB_THREADS),
        # The pool of `worker`, its parent, `media` and its parent, beat.
        "WORKER_PROCESSES": str(WORKER_PROCESSES + 4),
        "STATIC_ROOT": str(site.var / "static"),
        "MAILBOX_DIR": str(site.var / "mail"),
        "PYTHONUNBUFFERED": "1",
    }


def web(site: Site, env: dict[str, str]) -> Piece:
    port = site.ports["web"]
    command = [PYTHON, "-m", "gunicorn", "streaming.wsgi", f"--bind=127.0.0.1:{port}", *GUNICORN]
    return Piece(
        name="web",
        command=command,
        ready=lambda _: _is_200(port, "/readyz"),
        address=f"http://localhost:{port}",
        env=site.env(**env),
        cwd=ROOT,
    )


GUNICORN = (
    f"--workers={WEB_PROCESSES}",
    "--worker-class=gthread",
    f"--threads={WEB_THREADS}",
    # Django is loaded once, not once per worker.
    "--preload",
    "--graceful-timeout=3",
    "--no-control-socket",
    # By default whoever connects from this machine may rewrite SCRIPT_NAME, and a wrong one is a 500.
    "--forwarder-headers=",
    "--access-logfile=-",
)


def _is_200(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def workers(site: Site, env: dict[str, str]) -> list[Piece]:
    """Ingest has a worker of its own, so that ffmpeg starves nothing."""
    return [
        _celery(site, env, "worker", "worker", "--queues=default", f"--concurrency={WORKER_PROCESSES}"),
        _celery(site, env, "media", "worker", "--queues=media", "--concurrency=1"),
        _celery(site, env, "beat", "beat", f"--schedule={site.var / 'beat'}", "--loglevel=INFO"),
    ]


def _celery(site: Site, env: dict[str, str], name: str, kind: str, *flags: str) -> Piece:
    more = [f"--hostname={name}@localhost", *QUICK_START] if kind == "worker" else []
    said = "ready." if kind == "worker" else "is starting."

    def ready(child: Child) -> bool:
        return child.has_printed(said)

    return Piece(
        name=name,
        command=[PYTHON, "-m", "celery", "--app=streaming.celery:app", kind, *flags, *more],
        ready=ready,
        env=site.env(**env),
        cwd=ROOT,
    )


def prepare(*, collect: bool) -> list[str]:
    """Migrations, staff accounts and, on demand, static files, in one process: each start of Django takes a second."""
    return [PYTHON, "-m", "streaming.devstack.prepare", *(["--collect"] if collect else [])]


def demo(site: Site, env: dict[str, str]) -> Piece:
    """Feeds the demo in over HTTP; it ends when it is done."""
    return Piece(
        name="demo",
        command=[PYTHON, "-m", "streaming.devstack.feed"],
        ready=lambda _: True,
        env=site.env(**env),
        cwd=ROOT,
        essential=False,
    )
