"""Every route is known here: who gets which answer, and that a list costs the same with any rows.

The matrix is compared with the addresses that Django has: a route without a row fails.
"""

import re
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.roles.groups import LABEL_STAFF, SUPPORT, ensure_accounts
from accounts.sessions.services import start_session
from catalog.music.models import Membership
from catalog.playlists.services import create_playlist
from tests.architecture.route_matrix import ADMIN_PAGES, FLOWS, MATRIX, PAGES, STAFF
from tests.factories import LabelFactory, TrackFactory, UserFactory, viewer_of_user

ADMIN = f"/{settings.ADMIN_PATH}"
ROLES = ("nobody", "free", "paid", "other", "label", "editor", "support")
LISTS_WITH_A_1_AND_3_TEST = {
    "GET /api/v1/genres", "GET /api/v1/labels", "GET /api/v1/new-releases",
    "GET /api/v1/tracks", "GET /api/v1/artists", "GET /api/v1/releases", "GET /api/v1/me/artists",
    "GET /api/v1/me/library", "GET /api/v1/me/playlists", "GET /api/v1/playlists",
    "GET /api/v1/me/searches", "GET /api/v1/me/sessions", "GET /api/v1/offerings",
}  # fmt: skip


def routes(patterns=None, prefix="/"):
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern) and not re.match(rf"{ADMIN}(?!uploads)", address):
            yield address, pattern.callback


# Functions say nowhere what they take.
POSTED = (
    "/start", "/s3/multipart", "/{uid}/complete", "/web/begin", "/apple/callback",
    "/webhooks/apple", "/webhooks/google", "/webhooks/stripe",
)  # fmt: skip


def methods(address, view):
    view_class = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if view_class is None:
        return ["POST"] if address.endswith(POSTED) else ["GET"]
    return [name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(view_class, name)]


def admin_routes(patterns, prefix):
    """The pages of the admin; a row that is not there stands for any row."""
    for pattern in patterns:
        # The last one takes whatever the others leave.
        address = prefix + re.sub(r"<[^>]+>", "999999999", str(pattern.pattern).replace("(?P<url>.*)$", "anything"))
        if isinstance(pattern, URLResolver):
            yield from admin_routes(pattern.url_patterns, address)
        elif "^" not in address:
            yield f"GET {address}"


def all_admin_routes():
    found = [one for one in get_resolver().url_patterns if str(one.pattern) == settings.ADMIN_PATH]
    return {name for one in found for name in admin_routes(one.url_patterns, ADMIN) if "/uploads/" not in name}


ALL = {f"{method} {address}": view for address, view in routes() for method in methods(address, view)}
API = {name for name in ALL if name.split(" ")[1] not in PAGES}


def test_every_route_has_a_row():
    assert set(MATRIX) | set(FLOWS) | set(STAFF) == API


@pytest.fixture
def people(db, alice, bob, charlie, editor):
    """Alice is paid and owns what the rows name; charlie is the other user."""
    ensure_accounts()
    label, support = UserFactory(is_staff=True), UserFactory(is_staff=True)
    label.groups.add(Group.objects.get(name=LABEL_STAFF))
    Membership.objects.create(user=label, label=LabelFactory())
    support.groups.add(Group.objects.get(name=SUPPORT))
    found = {"free": bob, "paid": alice, "other": charlie, "label": label, "editor": editor, "support": support}
    return {"nobody": None, **found}


@pytest.fixture
def owned(people):
    """What `{uid}` stands for: something that is alice's where it can be anybody's."""
    track = TrackFactory()
    return {
        "tracks": track.uid,
        "releases": track.release.uid,
        "labels": track.release.label.uid,
        "artists": track.recording.credits.get().artist.uid,
        "playlists": create_playlist(viewer=viewer_of_user(people["paid"]), name="Mine").uid,
        "sessions": start_session(user=people["paid"]).session.uid,
    }


# Where an empty body would be refused before it is looked whose thing it is.
BODIES = {
    "PATCH /api/v1/me/sessions/{uid}": '{"name": "x"}',
    "POST /api/v1/playlists/{uid}/cover": '{"size": 10, "content_type": "image/png"}',
    "PUT /api/v1/playlists/{uid}/cover": f'{{"upload": "{uuid.uuid4()}"}}',
    "POST /api/v1/playlists/{uid}/entries": f'{{"tracks": ["{uuid.uuid4()}"]}}',
}


def call(client, name, owned=None):
    method, address = name.split(" ")
    kind = address.split("/{uid}")[0].split("/")[-1]
    path = address.replace("{uid}", str((owned or {}).get(kind, uuid.uuid4())))
    path = path.replace("{number}", "1")
    body = {} if method in ("GET", "DELETE") else {"data": BODIES.get(name, "{}"), "content_type": "application/json"}
    return getattr(client, method.lower())(path, **body)


@pytest.mark.parametrize("name", sorted(MATRIX | FLOWS))
def test_everybody_gets_the_answer_of_the_matrix(people, owned, api, api_as, name):
    expected = dict(zip(ROLES, (MATRIX | FLOWS)[name].split(), strict=True))

    answers = {role: str(call(api_as(user) if user else api, name, owned).status_code) for role, user in people.items()}

    assert answers == expected


@pytest.mark.parametrize("name", sorted(STAFF))
def test_staff_routes_ask_for_a_role(people, client, staff_as, name):
    expected = dict(zip(ROLES, STAFF[name].split(), strict=True))

    answers = {role: str(call(staff_as(user) if user else client, name).status_code) for role, user in people.items()}

    assert answers == expected


def test_every_page_of_the_admin_has_a_row():
    assert all_admin_routes() == set(ADMIN_PAGES)


@pytest.mark.parametrize("name", sorted(ADMIN_PAGES))
def test_pages_of_the_admin_ask_for_a_role(people, client, staff_as, name):
    expected = dict(zip(ROLES, ADMIN_PAGES[name].split(), strict=True))

    answers = {role: str(call(staff_as(user) if user else client, name).status_code) for role, user in people.items()}

    assert answers == expected


def test_every_list_has_a_test_with_one_and_three_rows():
    lists = {name for name, view in ALL.items() if hasattr(getattr(view, "cls", None), "paginate_queryset")}
    lists = {name for name in lists if name.startswith("GET ") and "{uid}" not in name}

    assert lists == LISTS_WITH_A_1_AND_3_TEST
    tested = "".join(path.read_text() for path in Path("tests").rglob("test_*api.py"))
    assert [name for name in lists if f'"{name.split(" ")[1]}"' not in tested] == []
