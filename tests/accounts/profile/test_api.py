"""My account: name, language, and what can't be set."""

import pytest

from accounts.models import User
from accounts.sessions.services import end_session
from billing.models import ViewerVersion
from streaming.lib import redis

ME = "/api/v1/me"


def test_name_language_and_filter_are_changed_and_shown(transactional_db, api_as, bob):
    client = api_as(bob)
    wanted = {"display_name": "  Bobby ", "language": "PT-br", "hide_explicit": True}

    answer = client.patch(ME, wanted, "json")

    assert answer.status_code == 200
    assert answer.json() == client.get(ME).json()
    kept = {"display_name": "Bobby", "language": "pt-BR", "hide_explicit": True, "explicit_locked": False}
    assert answer.json().items() >= kept.items()
    assert answer.json()["entitlements"]["tier"] == "free"


def test_what_is_not_sent_stays(transactional_db, api_as, bob):
    client = api_as(bob)
    client.patch(ME, {"language": "de"}, "json")

    client.patch(ME, {"display_name": "Robert"}, "json")

    bob.refresh_from_db()
    assert (bob.display_name, bob.language, bob.hide_explicit) == ("Robert", "de", False)


def test_what_is_the_same_changes_nothing(transactional_db, api_as, bob):
    client = api_as(bob)

    assert client.patch(ME, {}, "json").status_code == 200
    assert client.patch(ME, {"display_name": bob.display_name, "hide_explicit": False}, "json").status_code == 200

    assert not ViewerVersion.objects.filter(user=bob).exists()


@pytest.mark.parametrize(
    "field", ["email", "market", "tier", "uid", "is_staff", "explicit_locked", "entitlements", "password", "pin"]
)
def test_a_field_that_cannot_be_set_is_refused_by_name(api_as, bob, field):
    answer = api_as(bob).patch(ME, {field: "DE", "display_name": "Eve"}, "json")

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(f"/{field}", "UNKNOWN")]
    bob.refresh_from_db()
    assert (bob.display_name, bob.market, bob.email) == ("Bob", "US", "bob@example.com")


def test_thousands_of_unknown_fields_make_no_long_answer(api_as, bob):
    answer = api_as(bob).patch(ME, {f"a/{number}~": 1 for number in range(5000)}, "json")

    assert answer.status_code == 400
    assert len(answer.json()["errors"]) == 20
    assert answer.json()["errors"][0]["pointer"] == "/a~10~0"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""), ("display_name", "  "), ("display_name", "x" * 81), ("display_name", "a\nb"),
        ("display_name", "a\x00b"), ("display_name", "\u200b"), ("display_name", "a\u202eb"), ("display_name", None),
        ("display_name", ["a"]), ("display_name", "x" * 1_000_000),
        ("language", ""), ("language", "xx"), ("language", "en_US"), ("language", None), ("language", "e" * 36),
        ("language", {"a": 1}), ("hide_explicit", None), ("hide_explicit", "perhaps"), ("hide_explicit", [True]),
    ],
)  # fmt: skip
def test_a_value_that_is_not_valid_is_named(api_as, bob, field, value):
    answer = api_as(bob).patch(ME, {field: value}, "json")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{field}")


@pytest.mark.parametrize("body", ["[]", '"x"', "3", "null", "{", '{"a": 1', "\xff"])
def test_a_body_that_is_no_object_is_refused(api_as, bob, body):
    assert api_as(bob).patch(ME, body, content_type="application/json").status_code == 400


def test_nobody_changes_nothing(db, api):
    assert api.patch(ME, {"display_name": "Eve"}, "json").status_code == 401


def test_one_changes_only_oneself(api_as, bob, charlie):
    api_as(charlie).patch(ME, {"display_name": "Eve"}, "json")

    assert User.objects.get(pk=bob.pk).display_name == "Bob"


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("patch", ME, {"display_name": "Eve"}), ("post", f"{ME}/market", {}),
        ("put", f"{ME}/explicit-lock", {"pin": "1234"}), ("delete", f"{ME}/explicit-lock", {"pin": "1234"}),
    ],
)  # fmt: skip
def test_a_session_that_ended_writes_nothing_with_redis_away(
    transactional_db, api_as, bob, redis_server, method, address, body
):
    client = api_as(bob)
    end_session(session_uid=client.signed_in.session.uid, reason="signed_out")
    redis_server.stop()
    redis.reset()

    assert getattr(client, method)(address, body, "json").json()["code"] == "TOKEN_INVALID"
    bob.refresh_from_db()
    assert (bob.display_name, bob.explicit_lock) == ("Bob", "")
