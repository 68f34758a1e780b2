"""Who pays no more loses rights, and nothing else."""

from analytics.plays.models import Play
from tests.analytics.sending import as_json, sent_play, ticket_for
from tests.factories import TrackFactory


def test_a_downgrade_takes_the_rights_and_nothing_else(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    client = api_as(bob)
    play = as_json(sent_play(ticket_for(bob, TrackFactory())))
    assert client.post("/api/v1/plays", {"plays": [play]}, "json").json()["plays"][0]["status"] == "accepted"
    client.patch("/api/v1/me", {"display_name": "Bobby", "hide_explicit": True}, "json")
    before = client.get("/api/v1/me").json()

    shop.stripe.cancel(uid)
    shop.tell()

    assert shop.tier(bob) == "free"
    after = client.get("/api/v1/me").json()
    assert {name: value for name, value in after.items() if name != "entitlements"} == {
        name: value for name, value in before.items() if name != "entitlements"
    }
    assert Play.objects.count() == 1
