"""Changes of rules and takedowns: the history, the records, and what listeners get a second later."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Sum

from analytics.plays.models import Play
from analytics.totals.models import TrackDay
from analytics.totals.services import roll_up
from catalog.music.services import change_tracks
from catalog.rights import services
from catalog.rights.models import RightsChange, Rule, Takedown, TakedownEvent
from streaming.lib import clock
from streaming.lib.errors import DomainError
from tests.analytics.sending import record, sent_play, statuses, ticket_for
from tests.factories import TrackFactory


@pytest.fixture
def track(transactional_db):
    return TrackFactory()


@pytest.fixture
def client(transactional_db, api_as, alice):
    return api_as(alice)


def ask(client, track):
    answer = client.post("/api/v1/play-tickets", {"items": [{"track": str(track.uid)}]}, "json").json()
    return answer["items"][0] if "items" in answer else answer


def reason(answer):
    return answer["restriction"]["reason"] if answer.get("restriction") else None


def test_a_takedown_stops_the_next_ticket_and_restoring_gives_it_back(client, track):
    assert ask(client, track)["is_playable"]

    case = services.open_takedown(recording=track.recording, reason="copyright", claimant="Somebody")
    assert reason(ask(client, track)) == "TAKEN_DOWN"
    assert client.get("/api/v1/tracks").json()["results"] == []
    row = client.get(f"/api/v1/tracks/{track.uid}").json()
    assert (row["is_playable"], row["restriction"]["reason"]) == (False, "TAKEN_DOWN")

    services.restore_takedown(takedown=case)
    assert ask(client, track)["is_playable"]
    assert len(client.get("/api/v1/tracks").json()["results"]) == 1


def test_a_takedown_of_a_release_stops_its_tracks_and_no_other_place_of_the_recording(client, track):
    single = TrackFactory(recording=track.recording)

    services.open_takedown(release=track.release, reason="court", claimant="A court")

    assert reason(ask(client, track)) == "TAKEN_DOWN"
    assert ask(client, single)["is_playable"]


def test_a_takedown_of_a_recording_stops_it_in_every_place(client, track):
    single = TrackFactory(recording=track.recording)

    services.open_takedown(recording=track.recording, reason="court", claimant="A court")

    assert {reason(ask(client, place)) for place in (track, single)} == {"TAKEN_DOWN"}


def test_a_case_may_start_later(client, track):
    services.open_takedown(
        recording=track.recording, reason="label", claimant="The label", starts_at=clock.now() + timedelta(days=1)
    )

    assert ask(client, track)["is_playable"]


def test_of_two_cases_both_have_to_end(client, track):
    first, second = (
        services.open_takedown(recording=track.recording, reason="copyright", claimant=name) for name in "AB"
    )

    services.restore_takedown(takedown=first)
    assert reason(ask(client, track)) == "TAKEN_DOWN"
    services.restore_takedown(takedown=second)
    assert ask(client, track)["is_playable"]


def test_the_steps_of_a_case_are_kept_and_repeating_the_end_adds_none(track, alice):
    case = services.open_takedown(
        recording=track.recording, reason="copyright", claimant="Somebody", details="Sampled.", actor_uid=alice.uid
    )
    services.note_takedown(takedown=case, kind="counter_notice", text="It is licensed.", actor_uid=alice.uid)
    services.restore_takedown(takedown=case, text="Withdrawn.", actor_uid=alice.uid)
    services.restore_takedown(takedown=case, text="Again.", actor_uid=alice.uid)

    steps = [(step.kind, step.text, step.actor_uid) for step in case.events.all()]
    assert steps == [
        ("opened", "Sampled.", alice.uid),
        ("counter_notice", "It is licensed.", alice.uid),
        ("restored", "Withdrawn.", alice.uid),
    ]


@pytest.mark.parametrize(("kind", "text"), [("opened", "x"), ("restored", "x"), ("note", " ")])
def test_a_step_needs_its_words_and_a_kind_of_its_own(track, kind, text):
    case = services.open_takedown(recording=track.recording, reason="copyright", claimant="Somebody")

    with pytest.raises(DomainError):
        services.note_takedown(takedown=case, kind=kind, text=text)


def test_what_was_counted_stays_and_goes_on_after_a_takedown(bob, track):
    def hear():
        assert statuses(record(bob, sent_play(ticket_for(bob, track)))) == ["accepted"]
        roll_up()
        return TrackDay.objects.aggregate(streams=Sum("streams"))["streams"]

    assert hear() == 1
    case = services.open_takedown(recording=track.recording, reason="copyright", claimant="Somebody")
    # Of a ticket from before it.
    assert hear() == 2
    before = list(Play.objects.order_by("play_id").values())

    services.restore_takedown(takedown=case)

    assert list(Play.objects.order_by("play_id").values()) == before
    assert len(before) == 2
    assert hear() == 3


def restrict(holder, actor_uid=None, **fields):
    with services.changing_rules(holder=holder, actor_uid=actor_uid):
        name = holder._meta.model_name
        Rule.objects.filter(**{name: holder}).delete()
        if fields:
            Rule.objects.create(**{name: holder}, **fields)


NOT_US = {"scope": "exclude", "territories": ["US"]}


def test_a_rule_of_a_track_or_release_holds_for_the_next_ticket(client, track):
    assert ask(client, track)["is_playable"]
    restrict(track.release, **NOT_US)
    assert reason(ask(client, track)) == "GEO_RESTRICTED"
    restrict(track, access="everyone")
    assert ask(client, track)["is_playable"]
    restrict(track)
    assert reason(ask(client, track)) == "GEO_RESTRICTED"


def test_a_rule_of_a_label_holds_once_its_task_went_through_the_tracks(client, track, monkeypatch):
    others = [TrackFactory(release=track.release) for _ in range(2)]
    monkeypatch.setattr(services, "TOUCH_BATCH", 2)
    assert ask(client, track)["is_playable"]

    restrict(track.release.label, **NOT_US)
    assert services.touch_label(label_id=track.release.label_id) == 3

    assert {reason(ask(client, one)) for one in (track, *others)} == {"GEO_RESTRICTED"}


def test_what_changed_is_written_down_with_before_and_after(track, alice):
    restrict(track.release, alice.uid, **NOT_US)
    restrict(track.release, alice.uid, **NOT_US, ends_on="2026-12-31")
    restrict(track.release, alice.uid, **NOT_US, ends_on="2026-12-31")

    last, first = RightsChange.objects.all()
    assert (first.before, first.after[0]["territories"]) == ([], ["US"])
    assert last.before == first.after
    assert last.after[0]["ends_on"] == "2026-12-31"
    assert {(change.thing, change.thing_uid, change.actor_uid) for change in (first, last)} == {
        ("release", track.release.uid, alice.uid)
    }
    assert first.label_id == track.release.label_id


@pytest.mark.parametrize("model", [RightsChange, TakedownEvent])
def test_history_can_not_be_rewritten(track, model):
    restrict(track.release, **NOT_US)
    services.open_takedown(recording=track.recording, reason="copyright", claimant="Somebody")

    for change in (lambda: model.objects.update(at=clock.now()), lambda: model.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_a_change_that_fails_leaves_nothing(track):
    def change():
        with services.changing_rules(holder=track.release, actor_uid=None):
            Rule.objects.create(release=track.release, **NOT_US)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()

    assert not RightsChange.objects.exists()
    assert not Rule.objects.filter(release=track.release).exists()


def test_a_free_listener_gets_the_preview_with_what_unlocks_the_rest(client, api_as, bob, track):
    restrict(track.release, access="paid")
    free = api_as(bob)

    assert reason(ask(free, track)) == "NOT_ENTITLED"
    assert not ask(free, track)["is_playable"]
    preview = publish_preview(track)
    answer = ask(free, track)
    assert (answer["is_playable"], answer["presentation"], answer["duration_ms"]) == (True, "preview", 30_000)
    assert answer["restriction"] == {"reason": "NOT_ENTITLED", "available_from": None, "unlock": "paid"}
    assert str(preview.uid) in answer["link"]
    assert ask(client, track)["presentation"] == "full"


def publish_preview(track):
    asset = track.recording.assets.get(quality="standard")
    asset.pk, asset.uid, asset.quality, asset.duration_ms = None, uuid.uuid4(), "preview", 30_000
    asset.save(force_insert=True)
    change_tracks(recording_ids=[track.recording_id])
    return asset


def test_there_is_no_takedown_of_nothing(db):
    with pytest.raises(ValidationError):
        services.open_takedown(reason="copyright", claimant="Somebody")
    assert not Takedown.objects.exists()
