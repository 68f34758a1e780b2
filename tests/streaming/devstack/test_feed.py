import os
import subprocess
import sys
import threading
from datetime import timedelta

import pyotp
import pytest
from django.core.cache import cache
from django.db import connection

from accounts.models import User
from accounts.roles.services import make_staff
from analytics.plays.models import Play
from billing.models import ProviderEvent, Purchase
from billing.purchases import events
from streaming.devstack import feed, runfile
from streaming.devstack.demo import ingest_order
from streaming.devstack.feeder.http import RefusedError
from streaming.devstack.feeder.listeners import Listener, Listening, Visitor
from streaming.devstack.feeder.seller import Seller
from streaming.devstack.site import ROOT
from tests.factories import ArtistFactory, RecordingFactory, ReleaseFactory, TrackFactory, publish_cover
from tests.factories.accounts import PASSWORD
from tests.fakes.stripe import delivery


@pytest.fixture
def web(transactional_db, live_server, postman):
    return live_server.url


@pytest.fixture
def dora(web):
    return Listener(web, email="dora@example.com", password=PASSWORD, display_name="Dora")


def run_of(web, *users):
    return runfile.Run(web=web, admin=f"{web}/admin/", docs="", media="", mail="", users=list(users))


def test_who_has_an_account_signs_in_instead(web, dora):
    again = Listener(web, email="dora@example.com", password=PASSWORD, display_name="Dora")

    assert again.get("me")["email"] == "dora@example.com"
    assert User.objects.count() == 1


def test_an_account_with_another_password_is_said_to_be_so(web, dora):
    # A second mail to one address is sent after ten seconds at the earliest.
    cache.clear()
    with pytest.raises(RefusedError, match=r"dora@example\.com has an account with another password"):
        Listener(web, email="dora@example.com", password="another one", display_name="Dora")


def test_a_play_is_sent(web, dora):
    TrackFactory()
    (track,) = dora.pages("tracks")

    dora.end(dora.start(track), timedelta(0))

    assert Play.objects.count() == 1


def test_a_play_that_is_longer_than_the_time_that_passed_is_refused(web, dora):
    TrackFactory()
    (track,) = dora.pages("tracks")

    with pytest.raises(RefusedError, match=r"A play of dora@example.com was rejected: LISTENED_TOO_LONG"):
        dora.end(dora.start(track), timedelta(seconds=31))


def test_every_page_of_a_list_is_read(web):
    for _ in range(101):
        TrackFactory()

    assert len({track["uid"] for track in Visitor(web).pages("tracks")}) == 101


def test_listening_waits_for_a_song_and_then_for_its_length(web, dora):
    listening = Listening([dora], favourite="Mara", rounds=1)

    listening.tick()
    assert not listening.is_over

    TrackFactory()
    listening = Listening([dora], favourite="Mara", rounds=1)
    listening.tick()
    listening.tick()

    assert not listening.is_over
    assert not Play.objects.exists()


def test_without_rounds_listening_is_over(web, dora):
    assert Listening([dora], favourite="Mara", rounds=0).is_over


def test_a_song_is_missing_until_it_is_playable_and_its_release_has_a_cover(web):
    release, song = next(ingest_order())
    artist = ArtistFactory(name=release.artist.name)
    row = ReleaseFactory(title=release.title, by=[artist])
    assert (release, song) in feed.missing_songs(Visitor(web))

    TrackFactory(release=row, disc=song.disc, number=song.number, recording=RecordingFactory(title=song.title))
    assert (release, song) in feed.missing_songs(Visitor(web))

    publish_cover(row)
    missing = feed.missing_songs(Visitor(web))
    assert (release, song) not in missing
    assert len(missing) == len(list(ingest_order())) - 1


def test_a_listener_is_made_paid_once(web, dora):
    secret = make_staff(email="op@example.com", password=PASSWORD, role="operator")
    run = run_of(web, runfile.User("op@example.com", PASSWORD, "operator", secret))

    operator = feed.staff(run, "operator")

    feed.make_paid(operator, dora, by_checkout=False)
    assert dora.get("me")["entitlements"]["tier"] == "paid"
    feed.make_paid(operator, dora, by_checkout=False)

    assert User.objects.get(email="dora@example.com").grants.count() == 1


@pytest.fixture
def at_work(stripe_account, live_server):
    """Stripe tells, and the worker works it off, while the test runs."""
    done = threading.Event()

    def work():
        while not done.wait(0.05):
            delivery.flush(stripe_account, delivery.over_http(f"{live_server.url}/webhooks/stripe"))
            for pk in ProviderEvent.objects.filter(processed_at=None).values_list("pk", flat=True):
                events.process_event(event_pk=pk)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    done.set()
    thread.join()


def test_what_is_for_sale_is_offered_once_and_bought_through_the_checkout(web, dora, at_work):
    secret = make_staff(email="op@example.com", password=PASSWORD, role="operator")
    operator = feed.staff(run_of(web, runfile.User("op@example.com", PASSWORD, "operator", secret)), "operator")

    for _ in range(2):
        Seller(operator).offer({row["external_id"] for row in Visitor(web).pages("offerings")})
        feed.make_paid(operator, dora, by_checkout=True)

    assert dora.get("me/subscription")["state"] == "active"
    assert [row["period"] for row in Visitor(web).pages("offerings")] == ["month", "year"]
    assert Purchase.objects.get().external_id.startswith("sub_")


def start_feed(var):
    env = {**os.environ, "DEVSTACK_VAR": str(var)}
    command = [sys.executable, "-m", "streaming.devstack.feed"]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_without_a_running_stack_it_says_what_to_do(tmp_path):
    done = start_feed(tmp_path)

    assert done.returncode == 1
    assert done.stdout == (
        f"There is no {tmp_path}/run.json, so nothing runs that takes the demo. Start it with `make run`.\n"
    )
    assert done.stderr == ""


def test_a_refusal_is_one_sentence_and_exit_code_1(web, editor, tmp_path):
    runfile.write(tmp_path, run_of(web, runfile.User(editor.email, "wrong password", "editor", pyotp.random_base32())))

    done = start_feed(tmp_path)

    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "demo 0/21"
    assert done.stdout.splitlines()[1].startswith("editor@example.com can't sign in to the admin.")
    assert done.stderr == ""
    assert runfile.read(tmp_path).demo == runfile.Demo(ready=0, total=21)
