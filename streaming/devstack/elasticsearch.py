"""Elasticsearch, where somebody asks for it: scripts/elasticsearch.sh gets the server and runs it."""

import http.client
import os
import shutil
from pathlib import Path

from streaming.devstack.processes import Piece
from streaming.devstack.seat import Seat
from streaming.devstack.site import ROOT, Site

NAME = "elasticsearch"
SCRIPT = ROOT / "scripts" / "elasticsearch.sh"
JAVA = 21
HOW = f"Install Java {JAVA} or newer and Maven (mvn), and unzip"
MACHINE_JAVAS = Path("/usr/lib/jvm")


def missing() -> str:
    """What this machine lacks to run it, as a sentence; empty when it has all."""
    homes = [Path(os.environ.get("JAVA_HOME") or "/"), *MACHINE_JAVAS.glob("*")]
    lacks = [] if any(map(_is_new_enough, homes)) else [f"Java {JAVA}"]
    lacks += [tool for tool in ("mvn", "unzip") if shutil.which(tool) is None]
    return f"This machine lacks {', '.join(lacks)}. {HOW}." if lacks else ""


def _is_new_enough(home: Path) -> bool:
    try:
        said = (home / "release").read_text()
    except OSError:
        return False
    version = said.partition('JAVA_VERSION="')[2].partition(".")[0].rstrip('"\n')
    return version.isdigit() and int(version) >= JAVA and os.access(home / "bin" / "java", os.X_OK)


def urls(site: Site) -> dict[str, str]:
    return {"ELASTICSEARCH_URL": f"http://127.0.0.1:{site.ports[NAME]}"}


def fetch() -> list[str]:
    """The command that downloads the server, once for all clones of this machine."""
    return ["bash", str(SCRIPT), "fetch"]


def piece(site: Site, seat: Seat) -> Piece:
    """Its data lies beside PostgreSQL's, where another user than root may write. The server must be fetched before."""
    port = site.ports[NAME]
    folder = seat.folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    return Piece(
        name=NAME,
        command=["bash", str(SCRIPT), "run"],
        ready=lambda _: _answers(port),
        address=f"http://127.0.0.1:{port}",
        env=site.env(ELASTICSEARCH_PORT=str(port), ELASTICSEARCH_NODE=str(folder)),
        grace=10,
        start_seconds=180,
    )


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
