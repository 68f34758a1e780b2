"""The edge: workerd with a local R2, started by edge/serve.mjs."""

from collections.abc import Mapping

from streaming.devstack import node
from streaming.devstack.processes import Piece
from streaming.devstack.site import ROOT, Site

FOLDER = ROOT / "edge"
R2_PATH = "/cdn-cgi/local/r2/s3"


def urls(site: Site) -> dict[str, str]:
    base = f"http://localhost:{site.ports['edge']}"
    return {"MEDIA_BASE_URL": base, "R2_ENDPOINT_URL": base + R2_PATH}


def piece(site: Site, settings: Mapping[str, str]) -> Piece:
    """`settings` are those of the Django processes: both sides must have the same keys."""
    state = site.var / "edge"
    state.mkdir(parents=True, exist_ok=True)
    port = str(site.ports["edge"])
    return Piece(
        name="edge",
        command=[str(node.node()), str(FOLDER / "serve.mjs")],
        ready=lambda child: child.has_printed("edge ready"),
        address=f"http://localhost:{port}",
        env=node.env(
            site.var,
            site.env(
                EDGE_PORT=port,
                EDGE_STATE_DIR=str(state),
                LINK_KEYS=settings["MEDIA_LINK_KEYS"],
                R2_ACCESS_KEY_ID=settings["R2_ACCESS_KEY_ID"],
                R2_SECRET_ACCESS_KEY=settings["R2_SECRET_ACCESS_KEY"],
            ),
        ),
        cwd=FOLDER,
    )
