"""Where I am signed in: seen, named and ended by their owner, and by nobody else."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from accounts.sessions.services import Client, end_session, start_session
from streaming.lib import clock
from tests.factories.accounts import PASSWORD


def listed(client):
    return client.get("/api/v1/me/sessions").json()["results"]


def test_a_session_says_where_it_is_and_when_it_was_used(api_as, bob):
    client = api_as(bob)
    phone = Client(platform="ios", name="Bob’s iPhone", country="DE")
    session = start_session(user=bob, client=phone).session

    first, second = listed(client)

    assert first == {
        "uid": str(session.uid), "name": "Bob’s iPhone", "platform": "ios", "country": "DE",
        "created_at": first["created_at"], "last_used_at": first["last_used_at"], "is_current": False,
    }  # fmt: skip
    assert second["is_current"]


@pytest.mark.parametrize("rows", [1, 3])
def test_listing_costs_the_same_with_any_rows(api_as, bob, rows):
    client = api_as(bob)
    for _ in range(rows - 1):
        start_session(user=bob)
    listed(client)

    with CaptureQueriesContext(connection) as queries:
        assert len(listed(client)) == rows

    assert len(queries) == 1


def test_what_has_ended_is_not_listed(api_as, bob):
    client = api_as(bob)
    end_session(session_uid=start_session(user=bob).session.uid, reason="signed_out")

    assert len(listed(client)) == 1


def test_what_was_not_used_for_long_is_not_listed(api_as, bob):
    with time_machine.travel(clock.now() - timedelta(days=31)):
        start_session(user=bob)

    assert len(listed(api_as(bob))) == 1


def test_each_sees_their_own_and_nobody_sees_any(api, api_as, bob, charlie):
    mine, theirs = api_as(bob), api_as(charlie)

    assert [row["uid"] for row in listed(mine)] == [str(mine.signed_in.session.uid)]
    assert [row["uid"] for row in listed(theirs)] == [str(theirs.signed_in.session.uid)]
    assert api.get("/api/v1/me/sessions").status_code == 401
    assert api.patch(f"/api/v1/me/sessions/{mine.signed_in.session.uid}", {"name": "x"}, "json").status_code == 401
    assert api.delete(f"/api/v1/me/sessions/{mine.signed_in.session.uid}").status_code == 401


def test_a_session_gets_a_name(api_as, bob):
    client = api_as(bob)
    uid = client.signed_in.session.uid

    answer = client.patch(f"/api/v1/me/sessions/{uid}", {"name": "Kitchen"}, "json")

    assert (answer.status_code, answer.json()["name"]) == (200, "Kitchen")
    assert listed(client)[0]["name"] == "Kitchen"


@pytest.mark.parametrize(
    "name", ["", "x" * 81, None, 7, {"a": 1}, "a\nb", "a\x00b", "\u200b", "a\u202eb", "x" * 1_000_000]
)
def test_a_name_is_checked(api_as, bob, name):
    client = api_as(bob)
    uid = client.signed_in.session.uid

    answer = client.patch(f"/api/v1/me/sessions/{uid}", {"name": name}, "json")

    assert answer.status_code == (200 if name == 7 else 400)


def test_signing_out_elsewhere_ends_that_session_at_once(api, api_as, bob):
    client, elsewhere = api_as(bob), api_as(bob)

    answer = client.delete(f"/api/v1/me/sessions/{elsewhere.signed_in.session.uid}")

    assert answer.status_code == 204
    assert elsewhere.get("/api/v1/me").json()["code"] == "TOKEN_INVALID"
    refreshed = api.post("/auth/refresh", {"refresh_token": elsewhere.signed_in.refresh_token}, "json")
    assert refreshed.json()["code"] == "SESSION_ENDED"
    assert client.get("/api/v1/me").status_code == 200
    assert Session.objects.get(end_reason="ended_elsewhere")


@pytest.mark.parametrize(("keep", "mine"), [(True, 200), (False, 401)])
def test_signing_out_everywhere(api_as, bob, alice, keep, mine):
    client, elsewhere, stranger = api_as(bob), api_as(bob), api_as(alice)

    assert client.post("/auth/sign-out-everywhere", {"keep_session": keep}, "json").status_code == 204

    assert client.get("/api/v1/me").status_code == mine
    assert elsewhere.get("/api/v1/me").status_code == 401
    assert stranger.get("/api/v1/me").status_code == 200


def test_somebody_elses_session_is_not_there(api_as, bob, charlie):
    theirs = start_session(user=bob).session
    client = api_as(charlie)

    for answer in (
        client.patch(f"/api/v1/me/sessions/{theirs.uid}", {"name": "mine"}, "json"),
        client.delete(f"/api/v1/me/sessions/{theirs.uid}"),
        client.delete(f"/api/v1/me/sessions/{uuid.uuid4()}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    theirs.refresh_from_db()
    assert (theirs.name, theirs.ended_at) == ("", None)


def test_a_malformed_uid_is_named(api_as, bob):
    assert api_as(bob).delete("/api/v1/me/sessions/abc").json()["code"] == "INVALID"


@pytest.mark.parametrize(
    ("platform", "name", "kept"),
    [
        ("IOS", "x" * 5000, ("ios", "x" * 80)),
        ("admin", "<script>alert(1)</script>", ("other", "<script>alert(1)</script>")),
        ("staff; web", "a%00b%0Ac", ("other", "abc")),
        ("ios", "x" * 1_000_000, ("ios", "x" * 80)),
        ("x" * 1_000_000, "a\tb\x1bc\u202e", ("other", "abc")),
        ("android", "%00%zz%E2%80%AE%ff", ("android", "%zz\ufffd")),
        ("", "", ("other", "")),
    ],
)
def test_what_a_client_says_of_itself_is_shown_and_gives_no_right(api, bob, platform, name, kept):
    headers = {"X-Client-Platform": platform, "X-Client-Name": name, "X-Client-Country": "DE", "CF-IPCountry": "DE"}
    login = {"email": bob.email, "password": PASSWORD}
    answer = api.post("/auth/app/v1/auth/login", login, "json", headers=headers)

    session = Session.objects.get()
    assert (session.platform, session.name, session.country) == (*kept, "")
    me = api.get("/api/v1/me", headers={"Authorization": f"Bearer {answer.json()['meta']['access_token']}"})
    assert (me.json()["market"], me.json()["entitlements"]["tier"]) == ("US", "free")


@pytest.mark.parametrize("headers", [{"CF-IPCountry": "DE"}, {"CF-IPCountry": "DE", "X-Origin-Secret": "guess"}])
def test_a_country_without_our_secret_is_not_shown(api, bob, settings, headers):
    settings.ORIGIN_SECRET = "zone-secret"
    api.post("/auth/app/v1/auth/login", {"email": bob.email, "password": PASSWORD}, "json", headers=headers)

    assert Session.objects.get().country == ""


def test_the_country_is_the_proxys(api, bob, settings):
    settings.ORIGIN_SECRET = "zone-secret"
    headers = {"CF-IPCountry": "DE", "X-Origin-Secret": "zone-secret"}
    api.post("/auth/app/v1/auth/login", {"email": bob.email, "password": PASSWORD}, "json", headers=headers)

    assert Session.objects.get().country == "DE"
