"""Every route is known here: who may call it, and that a list costs the same with any rows."""

import re
import uuid
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

ANYONE = {
    "GET /.well-known/jwks.json", "POST /auth/sign-up", "POST /auth/sign-in",
    "GET /api/schema/", "GET /api/docs/", "GET /api/v1/tracks", "GET /api/v1/tracks/{uid}", "GET /api/v1/artists",
    "GET /api/v1/artists/{uid}", "GET /api/v1/releases", "GET /api/v1/releases/{uid}", "GET /api/v1/search",
}  # fmt: skip
SIGNED_IN = {
    "POST /auth/sign-out", "GET /api/v1/me", "GET /api/v1/me/artists", "POST /api/v1/play-tickets",
    "POST /api/v1/plays", "GET /api/v1/artists/{uid}/dashboard",
}  # fmt: skip
STAFF = {
    "POST /admin/uploads/start", "POST /admin/uploads/{uid}/complete", "GET /admin/uploads/{uid}",
}  # fmt: skip
PAGES = {
    "/", "/search", "/sign-in", "/sign-up", "/releases/{uid}", "/artists/{uid}", "/artists/{uid}/dashboard",
    "/mail/",
}  # fmt: skip
LISTS_WITH_A_1_AND_3_TEST = {
    "GET /api/v1/tracks", "GET /api/v1/artists", "GET /api/v1/releases", "GET /api/v1/me/artists",
}  # fmt: skip


def routes(patterns=None, prefix="/"):
    for pattern in patterns or get_resolver().url_patterns:
        address = prefix + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern) and not re.match(r"/admin/(?!uploads)", address):
            yield address, pattern.callback


def methods(address, view):
    view_class = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if view_class is None:
        return ["POST"] if address.endswith(("/start", "/complete")) else ["GET"]
    return [name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view_class, name)]


ALL = {f"{method} {address}": view for address, view in routes() for method in methods(address, view)}
API = {name for name in ALL if name.split(" ")[1] not in PAGES}


def call(client, name):
    method, address = name.split(" ")
    path = address.replace("{uid}", str(uuid.uuid4()))
    return getattr(client, method.lower())(path, **({"data": {}, "format": "json"} if method == "POST" else {}))


def test_every_route_is_on_one_list():
    assert API == ANYONE | SIGNED_IN | STAFF
    assert not ANYONE & SIGNED_IN


@pytest.mark.parametrize("name", sorted(SIGNED_IN))
def test_nobody_is_refused_where_a_session_is_needed(db, api, name):
    response = call(api, name)

    assert (response.status_code, response.json()["code"]) == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize("name", sorted(STAFF))
def test_staff_routes_refuse_nobody_and_listeners(db, api, api_as, staff_as, bob, name):
    for client in (api, api_as(bob), staff_as(bob)):
        method, address = name.split(" ")
        path = address.replace("{uid}", str(uuid.uuid4()))
        response = client.post(path, "{}", content_type="application/json") if method == "POST" else client.get(path)

        assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize("name", sorted(ANYONE))
def test_routes_for_anyone_ask_for_no_session(db, api, name):
    assert call(api, name).status_code not in (401, 403)


def test_every_list_has_a_test_with_one_and_three_rows():
    lists = {name for name, view in ALL.items() if hasattr(getattr(view, "cls", None), "paginate_queryset")}
    lists = {name for name in lists if "{uid}" not in name}

    assert lists == LISTS_WITH_A_1_AND_3_TEST
    tested = "".join(path.read_text() for path in Path("tests").rglob("test_api.py"))
    assert [name for name in lists if f'"{name.split(" ")[1]}"' not in tested] == []
