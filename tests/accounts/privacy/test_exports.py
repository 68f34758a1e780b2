"""The export of a person's data."""

import json
from datetime import timedelta

import pytest
import requests
import time_machine

from accounts.models import Export, Mail
from accounts.privacy import exports
from accounts.privacy.registry import sections
from accounts.privacy.services import erase_user
from accounts.sessions.services import Client, start_session
from billing.services import give_grant
from streaming.lib import clock
from tests.analytics.sending import as_json, sent_play, ticket_for
from tests.factories import TrackFactory
from tests.factories.accounts import PASSWORD


@pytest.fixture
def client(transactional_db, api_as, bob):
    client = api_as(bob)
    client.post("/auth/app/v1/auth/reauthenticate", {"password": PASSWORD}, "json")
    return client


def ask(client):
    return client.post("/api/v1/me/exports").json()


def make():
    return exports.make_export(export_id=Export.objects.get().pk)


def test_an_export_needs_a_fresh_proof(api_as, bob):
    answer = api_as(bob).post("/api/v1/me/exports")

    assert (answer.status_code, answer.json()["code"]) == (403, "REAUTHENTICATION_REQUIRED")


def test_the_file_holds_every_section_and_no_secret(client, bob):
    give_grant(user=bob, reason="gift", note="internal")
    start_session(user=bob, client=Client(name="Bob’s phone", platform="ios"))
    play = as_json(sent_play(ticket_for(bob, TrackFactory())))
    assert client.post("/api/v1/plays", {"plays": [play]}, "json").json()["plays"][0]["status"] == "accepted"
    asked = ask(client)
    assert (asked["state"], asked["link"]) == ("waiting", None)

    assert make()

    ready = client.get(f"/api/v1/me/exports/{asked['uid']}").json()
    file = requests.get(ready["link"], timeout=10)
    data = file.json()["sections"]
    assert set(data) == set(sections())
    assert data["profile"][0]["email"] == bob.email
    assert [row["reason"] for row in data["grants"]] == ["gift"]
    assert len(data["plays"]) == 1
    assert "Bob’s phone" in {row["name"] for row in data["sessions"]}
    text = json.dumps(data)
    for secret in (bob.password, "flow_state", "salt", "internal"):
        assert secret not in text
    assert "attachment" in file.headers["Content-Disposition"]
    assert (Mail.objects.get().to, Mail.objects.get().subject) == (bob.email, "Your data is ready")


def test_the_link_needs_its_signature(client):
    ask(client)
    make()
    link = client.get(f"/api/v1/me/exports/{Export.objects.get().uid}").json()["link"]

    assert requests.get(link.split("?")[0], timeout=10).status_code in (400, 401, 403, 404)


def test_a_stranger_and_nobody_do_not_find_it(client, api, api_as, charlie):
    uid = ask(client)["uid"]

    assert api_as(charlie).get(f"/api/v1/me/exports/{uid}").status_code == 404
    assert api.get(f"/api/v1/me/exports/{uid}").status_code == 401
    assert client.get("/api/v1/me/exports/abc").status_code == 400


def test_asking_twice_makes_one_and_two_workers_make_one(client):
    assert ask(client)["uid"] == ask(client)["uid"]

    assert [make(), make()] == [True, False]
    assert Mail.objects.count() == 1


def test_what_a_dead_worker_left_is_picked_up(client, edge_server):
    ask(client)
    Export.objects.update(claimed_at=clock.now(), tries=1)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert exports.pick_up() == 1
        assert make()


def test_after_five_tries_it_has_failed(client):
    ask(client)
    Export.objects.update(claimed_at=clock.now(), tries=5)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        exports.pick_up()

    assert Export.objects.get().state == "failed"


def test_a_week_later_file_and_row_are_gone(client):
    ask(client)
    make()
    link = exports.link_of(Export.objects.get())
    # Not by the clock: the store compares the time of a request with its own.
    Export.objects.update(created_at=clock.now() - timedelta(days=7, seconds=1))
    assert exports.discard_old() == 1

    assert not Export.objects.exists()
    assert requests.get(link, timeout=10).status_code == 404


def test_who_is_erased_leaves_no_file(client, bob):
    ask(client)
    make()
    link = exports.link_of(Export.objects.get())

    erase_user(user=bob)
    exports.discard_old()

    assert requests.get(link, timeout=10).status_code == 404


def test_a_file_that_was_made_while_its_user_was_erased_is_removed(client, bob, monkeypatch):
    """The erasure commits between the claim and the end of the job."""
    ask(client)
    section = sections()["profile"]
    from accounts.privacy import registry

    def erases_meanwhile(user):
        erase_user(user=bob)
        return section(user)

    monkeypatch.setitem(registry._sections, "profile", erases_meanwhile)

    assert not make()
    assert exports.discard_old() == 1
