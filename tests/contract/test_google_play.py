"""The stand-in for Google Play, and our rules, against the parts of Google's discovery document that they are about.

`google_play.json` holds them: names, types and values of androidpublisher v3 (revision 20261026), without its prose.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from billing.google import client, rules
from tests.fakes.google import Play, server

CONTRACT = json.loads((Path(__file__).parent / "google_play.json").read_text())
SCHEMAS = CONTRACT["schemas"]
START = datetime(2026, 11, 25, 12, tzinfo=UTC)
KINDS = {"string": str, "boolean": bool, "integer": int, "array": list}


def check(value, said, where):
    """Every name is one of Google's, of its type, and a closed value is one of its values."""
    if "$ref" in said:
        assert isinstance(value, dict), where
        assert value.keys() <= SCHEMAS[said["$ref"]].keys(), where
        for name, part in value.items():
            check(part, SCHEMAS[said["$ref"]][name], f"{where}.{name}")
        return
    assert isinstance(value, KINDS[said["type"]]), where
    assert value in said.get("enum", [value]), where
    if said.get("format") == "google-datetime":
        assert datetime.fromisoformat(value).tzinfo is not None, where
    for number, part in enumerate(value if said["type"] == "array" else []):
        check(part, said["items"], f"{where}[{number}]")


def days():
    """Two months of a Play where everything happens, day by day: (state, resource) of each purchase."""
    play = Play(START)
    acts = {"cancelled": play.cancel, "declined": play.decline, "revoked": play.revoke, "replaced": play.replace}
    made = {name: play.buy(account="someone", test=name == "cancelled") for name in (*acts, "paused")}
    play.buy(trial_days=7)
    play.buy(pending=True)
    play.cancel_pending(play.buy(pending=True))
    for name, token in made.items():
        play.acknowledge(token)
        acts.get(name, lambda token: play.schedule_pause(token, timedelta(days=30)))(token)
    for day in range(63):
        play.advance_to(START + timedelta(days=day))
        yield from ((one.state, play.resource(one)) for one in play.bought.values())


def test_the_stand_in_answers_as_google_describes_it():
    seen = set()
    for state, found in days():
        check(found, {"$ref": "SubscriptionPurchaseV2"}, state)
        seen.add(f"SUBSCRIPTION_STATE_{state}")

    assert seen == rules.STATES.keys()


def test_the_rules_know_every_state_that_google_has():
    states = SCHEMAS["SubscriptionPurchaseV2"]["subscriptionState"]["enum"]

    assert rules.STATES.keys() == set(states) - {"SUBSCRIPTION_STATE_UNSPECIFIED"}
    assert rules.STATES.keys() >= rules.NEVER_BEGAN


@pytest.mark.parametrize(
    ("method", "pattern"),
    [
        ("androidpublisher.purchases.subscriptionsv2.get", server.GET_V2),
        ("androidpublisher.purchases.subscriptionsv2.revoke", server.REVOKE_V2),
        ("androidpublisher.purchases.subscriptions.acknowledge", server.ACKNOWLEDGE),
    ],
)
def test_the_stand_in_is_where_google_is(method, pattern):
    said = CONTRACT["methods"][method]
    path = (
        said["path"].replace("{packageName}", server.PACKAGE).replace("{token}", "t").replace("{subscriptionId}", "s")
    )

    assert pattern.fullmatch(f"/{path}")
    assert said["scopes"] == [client.SCOPE] == [server.SCOPE]


def test_the_default_address_is_googles(settings):
    assert f"{settings.GOOGLE_PLAY_API_BASE}/" == CONTRACT["rootUrl"]
