from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from billing import services
from billing.models import ViewerVersion
from billing.viewer import fill_record, record_key
from streaming.lib import clock, records, redis


def tier_of(client):
    return client.get("/api/v1/me").json()["entitlements"]["tier"]


def test_a_grant_is_seen_by_a_token_issued_before_it(transactional_db, api_as, bob):
    client = api_as(bob)
    assert tier_of(client) == "free"

    grant = services.give_grant(user=bob, reason="promo")
    assert tier_of(client) == "paid"

    services.revoke_grant(grant=grant)
    assert tier_of(client) == "free"


def test_a_grant_that_ends_stops_by_itself(transactional_db, api_as, bob):
    with time_machine.travel(clock.now(), tick=False) as time:
        services.give_grant(user=bob, reason="promo", ends_at=clock.now() + timedelta(seconds=30))
        client = api_as(bob)
        assert tier_of(client) == "paid"

        time.shift(30)
        assert tier_of(client) == "free"


def test_a_warm_viewer_costs_no_sql(transactional_db, api_as, bob):
    client = api_as(bob)
    client.get("/api/v1/me")

    with CaptureQueriesContext(connection) as queries:
        client.post("/api/v1/play-tickets", {}, format="json")

    assert [query["sql"] for query in queries] == []


def test_the_sweeper_pushes_what_a_crash_left_out(transactional_db, bob, redis_server):
    fill_record(str(bob.uid))
    redis_server.stop()
    services.give_grant(user=bob, reason="promo")
    redis_server.start()
    redis.reset()
    assert ViewerVersion.objects.get(user=bob).record_pushed == 0

    assert services.push_viewers() == 1

    body = records.parse(redis.client().get(record_key(str(bob.uid))))
    assert body["entitlements"]["tier"] == "paid"
    assert services.push_viewers() == 0


def test_a_slow_fill_cannot_bring_old_rights_back(transactional_db, bob):
    key = record_key(str(bob.uid))
    services.give_grant(user=bob, reason="promo")

    assert records.push(key, 0, {"entitlements": "old"}) is False
    assert records.parse(redis.client().get(key))["entitlements"]["tier"] == "paid"


def test_records_live_sixty_seconds(transactional_db, bob):
    fill_record(str(bob.uid))

    assert 0 < redis.client().ttl(record_key(str(bob.uid))) <= 60


def test_an_unknown_user_has_no_viewer(db):
    assert fill_record("00000000-0000-4000-8000-000000000000") is None


@pytest.mark.parametrize("frozen", [False, True])
def test_with_redis_gone_signed_in_requests_are_answered_from_sql(
    transactional_db, api_as, alice, redis_server, frozen
):
    client = api_as(alice)
    redis_server.freeze() if frozen else redis_server.stop()

    assert tier_of(client) == "paid"
    assert redis.is_open()


def test_market_of_the_viewer_is_the_accounts(transactional_db, api_as, bob):
    User.objects.filter(pk=bob.pk).update(market="DE")

    assert api_as(bob).get("/api/v1/me").json()["market"] == "DE"


ENTITLEMENTS = '{"tier": "paid"}'
MORE = "1 " + '{"id": 1, "active": true, "market": "US", "hide_explicit": false, "entitlements": %s}'


@pytest.mark.parametrize(
    "raw", ["", "garbage", "1 {", "1 []", "1 {}", "1 3", b"\xff", MORE % "3", MORE % "{}", MORE % ENTITLEMENTS]
)
def test_a_record_that_another_release_wrote_is_answered_from_sql(transactional_db, api_as, alice, raw):
    client = api_as(alice)
    redis.client().set(record_key(str(alice.uid)), raw)

    assert tier_of(client) == "paid"


def test_an_account_that_is_disabled_is_refused_at_once(transactional_db, api_as, bob):
    client = api_as(bob)
    assert client.get("/api/v1/me").status_code == 200

    bob.is_active = False
    bob.save()

    assert client.get("/api/v1/me").status_code == 401


def test_a_sign_in_leaves_the_viewer_record_alone(transactional_db, staff_as, editor):
    staff_as(editor)

    assert not ViewerVersion.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "raised"),
    [
        ("hide_explicit", True, 1),
        ("market", "DE", 1),
        ("is_active", False, 1),
        ("display_name", "Bobby", 0),
        ("language", "de", 0),
    ],
)
def test_the_record_follows_what_it_says_of_an_account(transactional_db, bob, field, value, raised):
    setattr(bob, field, value)
    bob.save(update_fields=[field])

    assert ViewerVersion.objects.filter(user=bob).count() == raised


def test_nobody_signed_in_has_no_filter(db, rf):
    from rest_framework.request import Request

    from billing.viewer import viewer_of

    assert viewer_of(Request(rf.get("/"))).hide_explicit is False
