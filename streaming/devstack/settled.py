"""What is settled before anything starts: which pieces are ours, their ports, and the environment of all."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from streaming.devstack import backend, cast, elasticsearch, keys, payments, ports, runfile, seat
from streaming.devstack.files import read_json, write_json
from streaming.devstack.site import Site
from streaming.devstack.stack import ALL_STORES, STORES, addresses

PREFERRED_PORTS = {
    "postgres": 54320, "redis": 63790, "edge": 8787, "web": 8000, payments.NAME: 12111, elasticsearch.NAME: 9200,
}  # fmt: skip
# A store is yours, and not started, when the first of its variables is set; then the others must be, too.
YOURS = {
    "postgres": ("DATABASE_URL",),
    "redis": ("REDIS_URL",),
    "edge": ("R2_ENDPOINT_URL", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "MEDIA_BASE_URL", "MEDIA_LINK_KEYS"),
}


class IncompleteError(Exception):
    """Some variables of a store are set and others are not, or what it needs is not there. The text says what to do."""


@dataclass(frozen=True)
class Plan:
    """`held` has a port for each piece that needs one; `env` is for the Django processes."""

    site: Site
    env: dict[str, str]
    held: dict[str, ports.Held]


def plan(var: Path, only: tuple[str, ...]) -> Plan:
    """Raises IncompleteError with the names to set."""
    outside = dict(os.environ)
    ours = [name for name in STORES if not _is_yours(name, outside)]
    ours += _search(outside)
    wanted = [name for name in ours if name in only] if only else [*ours, "web", *_stand_ins(outside)]
    held = ports.hold({name: _last_ports(var).get(name, PREFERRED_PORTS[name]) for name in wanted})
    numbers = {name: one.port for name, one in held.items()}
    write_json(var / "ports.json", {**_last_ports(var), **numbers})
    if not keys.path_in(var).exists():
        # `var` was removed by hand: without its keys and its media, what lies outside for it is of no use.
        seat.forget(var)
    site = Site(var, keys.load(keys.path_in(var), cast.EMAILS, cast.STAFF), numbers, outside=outside)
    env = backend.settings(site)
    for name in wanted:
        env |= addresses(site, name) if name in ALL_STORES else {}
    if payments.NAME in wanted:
        env |= payments.urls(site)
    # What the caller has set goes before what we made up.
    return Plan(site, env | {name: outside[name] for name in env if outside.get(name)}, held)


def _stand_ins(outside: dict[str, str]) -> list[str]:
    return [] if outside.get(payments.YOURS) else [payments.NAME]


def _search(outside: dict[str, str]) -> list[str]:
    """`make run SEARCH=elasticsearch`. Raises IncompleteError with what to install."""
    if outside.get("SEARCH") != elasticsearch.NAME or outside.get("ELASTICSEARCH_URL"):
        return []
    if lacks := elasticsearch.missing():
        raise IncompleteError(f"{lacks} Without SEARCH={elasticsearch.NAME}, PostgreSQL searches.")
    return [elasticsearch.NAME]


def _is_yours(name: str, outside: dict[str, str]) -> bool:
    first, *rest = YOURS[name]
    if not outside.get(first):
        return False
    missing = [variable for variable in rest if not outside.get(variable)]
    if missing:
        raise IncompleteError(
            f"{first} is set, so {name} is yours: set {', '.join(missing)} as well, or unset {first}."
        )
    return True


def _last_ports(var: Path) -> dict[str, int]:
    return {name: port for name, port in read_json(var / "ports.json").items() if isinstance(port, int)}


def run_of(site: Site, env: dict[str, str]) -> runfile.Run:
    web = f"http://localhost:{site.ports['web']}"
    media = env.get("MEDIA_BASE_URL") or site.outside["MEDIA_BASE_URL"]
    return runfile.Run(
        web=web,
        admin=f"{web}/{site.outside.get('ADMIN_PATH') or 'admin/'}",
        docs=f"{web}/api/docs/",
        media=media,
        mail=f"{web}/mail/",
        users=cast.users(site.secrets),
        stripe=env["STRIPE_API_BASE"] if payments.NAME in site.ports else "",
    )


def write_env_file(site: Site, env: dict[str, str]) -> None:
    """var/env, to be read by a shell: `. var/env && .venv/bin/python manage.py shell` works on the running stack."""
    path = site.var / "env"
    path.touch(mode=0o600)
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(env.items())))
