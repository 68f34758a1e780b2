"""Charts of playlists: made of plays from them, without what their owners do, and never of what is not public."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import TestCase

from analytics.charts.models import ChartDecision, ChartRow
from analytics.charts.roles import ensure_roles
from analytics.charts.rules import BY_NAME
from analytics.charts.services import make_due
from catalog.music.models import Membership
from catalog.playlists.models import Playlist
from tests.analytics.charts.listening import LONG_AGO, MONDAY, SUNDAY, hear
from tests.factories import ArtistFactory, PlaylistFactory, RecordingFactory, TrackFactory, UserFactory

DAILY, WEEKLY = "playlists-daily", "playlists-weekly"
DECISIONS = "/admin/analytics/chartdecision/"


@pytest.fixture(autouse=True)
def on_monday(time_machine):
    time_machine.move_to(MONDAY, tick=False)


@pytest.fixture
def songs(db):
    """Five, by five different artists."""
    return [TrackFactory() for _ in range(5)]


def listener(**fields):
    return UserFactory(created_at=fields.pop("created_at", LONG_AGO), **fields)


def listen(person, playlist, count=1, *, track=None, **fields):
    track = track or playlist.entries.select_related("track__recording").first().track
    hear(person, track, count, context_kind="playlist", context_uid=playlist.uid, **fields)


def rows(chart=DAILY, country="", last=SUNDAY):
    found = ChartRow.objects.filter(chart=chart, country=country, last=last).order_by("rank")
    return list(found.values_list("item_id", "rank", "streams", "listeners"))


def publish():
    with TestCase.captureOnCommitCallbacks(execute=True):
        make_due()


def shown(client, chart=DAILY, **params):
    answer = client.get(f"/api/v1/charts/{chart}", params)
    assert answer.status_code == 200, answer.content
    return [(row["rank"], row["playlist"]["uid"]) for row in answer.json()["rows"]]


# --- What counts -----------------------------------------------------------------------------------------------------
def test_a_chart_ranks_playlists_by_the_streams_from_them_in_the_world_and_in_each_country(songs):
    first, second = (PlaylistFactory(tracks=songs) for _ in range(2))
    people = [listener() for _ in range(3)]
    for person in people:
        listen(person, first, 2, market="DE")
        listen(person, first, 1, track=songs[1], market="DE")
        listen(person, first, 1, day=SUNDAY - timedelta(days=1))
    listen(people[0], second, 5, market="US")
    # From an album, or of that name and another kind: no play of the playlist.
    hear(people[0], songs[0], 9, context_kind="album", context_uid=second.uid)
    make_due()

    assert rows() == [(first.pk, 1, 9, 3), (second.pk, 2, 5, 1)]
    assert rows(country="DE") == [(first.pk, 1, 9, 3)]
    assert rows(country="US") == []
    assert rows(WEEKLY) == [(first.pk, 1, 12, 3), (second.pk, 2, 5, 1)]
    assert rows(WEEKLY, country="DE") == [(first.pk, 1, 9, 3)]


def test_the_attack_moves_a_playlist_by_no_more_than_the_rule_says(songs):
    """One account with 10,000 plays of all its tracks adds ten and one listener; a hundred new accounts add nothing."""
    attacked, honest, attacker = PlaylistFactory(tracks=songs), PlaylistFactory(tracks=songs), listener()
    for person in [listener() for _ in range(3)]:
        listen(person, attacked, 1)
        listen(person, honest, 4)
    for track in songs:
        listen(attacker, attacked, 2_000, track=track)
    for _ in range(100):
        listen(listener(created_at=MONDAY - timedelta(days=3)), attacked, 10)
    make_due()

    assert rows() == [(attacked.pk, 1, 3 + 10, 3 + 1), (honest.pk, 2, 12, 3)]
    assert rows(WEEKLY)[0][2:] == (13, 4)


def test_the_cap_is_of_a_listener_playlist_and_day(songs):
    one, other, person = PlaylistFactory(tracks=songs), PlaylistFactory(tracks=songs), listener()
    for playlist in (one, other):
        for days in range(2):
            listen(person, playlist, 30, day=SUNDAY - timedelta(days=days))
    make_due()

    assert rows() == [(one.pk, 1, 10, 1), (other.pk, 2, 10, 1)]
    assert rows(WEEKLY) == [(one.pk, 1, 20, 1), (other.pk, 2, 20, 1)]


def test_the_owners_own_plays_are_out_and_so_are_those_of_the_artists_team(songs):
    owner, member, other = listener(), listener(), listener()
    Membership.objects.create(user=member, artist=songs[0].recording.artists.get())
    theirs, editorial = PlaylistFactory(owner=owner, tracks=songs), PlaylistFactory(tracks=songs)
    for playlist in (theirs, editorial):
        for person in (owner, member, other):
            listen(person, playlist, 3)
    make_due()

    assert rows() == [(editorial.pk, 1, 6, 2), (theirs.pk, 2, 3, 1)]


def test_short_plays_previews_and_erased_accounts_are_out(songs):
    playlist, person, gone = PlaylistFactory(tracks=songs), listener(), listener()
    listen(person, playlist, listened_ms=30_000)
    listen(person, playlist, presentation="preview")
    listen(gone, playlist)
    gone.delete()
    make_due()

    assert rows() == []


def test_a_playlist_needs_five_tracks_by_five_main_artists(songs):
    band, person = ArtistFactory(), listener()
    of_a_band = [TrackFactory(recording=RecordingFactory(by=[band])) for _ in range(2)]
    of_many = TrackFactory(recording=RecordingFactory(by=[ArtistFactory() for _ in range(5)]))
    enough = PlaylistFactory(tracks=songs)
    few = [songs[:4], [*songs[:4], songs[0]], [*songs[:3], *of_a_band], [of_many, *songs[:3]]]
    for playlist in [enough, *(PlaylistFactory(tracks=tracks) for tracks in few)]:
        listen(person, playlist, 2)
    make_due()

    assert rows() == [(enough.pk, 1, 2, 1)]


def test_a_featured_artist_is_none_of_the_five(songs):
    songs[4].recording.credits.update(role="featured")
    playlist = PlaylistFactory(tracks=songs)
    listen(listener(), playlist)
    make_due()
    assert rows() == []


def test_songs_and_videos_count(songs):
    video = TrackFactory(recording=RecordingFactory(kind="video"))
    playlist, person = PlaylistFactory(tracks=[*songs, video]), listener()
    listen(person, playlist, 2)
    listen(person, playlist, 1, track=video)
    make_due()
    assert rows() == [(playlist.pk, 1, 3, 1)]


@pytest.mark.parametrize("visibility", ["private", "unlisted"])
def test_what_is_not_public_when_the_chart_is_made_has_no_rank(songs, visibility):
    hidden, public = PlaylistFactory(visibility=visibility, tracks=songs), PlaylistFactory(tracks=songs)
    person = listener()
    listen(person, hidden, 3)
    listen(person, public, 1)
    make_due()
    assert rows() == [(public.pk, 1, 1, 1)]


def test_equals_are_ordered_by_listeners_and_then_by_age(songs):
    older, newer, wider = (PlaylistFactory(tracks=songs) for _ in range(3))
    people = [listener(), listener()]
    for playlist in (newer, older):
        listen(people[0], playlist, 2)
    for person in people:
        listen(person, wider)
    make_due()
    assert [item for item, *_ in rows()] == [wider.pk, older.pk, newer.pk]


def test_rows_know_previous_peak_and_how_long(songs, time_machine):
    one, two, person = PlaylistFactory(tracks=songs), PlaylistFactory(tracks=songs), listener()
    for days, streams in {2: (2, 1), 1: (0, 1), 0: (1, 2)}.items():
        for playlist, count in zip((one, two), streams, strict=True):
            listen(person, playlist, count, day=SUNDAY - timedelta(days=days))
        time_machine.move_to(MONDAY - timedelta(days=days), tick=False)
        make_due()

    found = ChartRow.objects.filter(chart=DAILY, country="", last=SUNDAY).order_by("rank")
    assert [(row.item_id, row.previous, row.peak, row.periods, row.is_new, row.is_reentry) for row in found] == [
        (two.pk, 1, 1, 3, False, False),
        (one.pk, None, 1, 2, False, True),
    ]


def test_the_formula_says_what_is_different():
    text = BY_NAME[DAILY].formula(1)
    assert text == BY_NAME[WEEKLY].formula(1)
    assert "at most 10 of one listener, playlist and UTC day" in text
    assert "5 tracks by 5 different main artists" in text


# --- What is shown ---------------------------------------------------------------------------------------------------
def test_a_row_has_its_playlist_as_other_lists_do_and_says_why(api, api_as, songs):
    owner = listener(display_name="Olga")
    playlist, person = PlaylistFactory(owner=owner, tracks=songs), listener()
    listen(person, playlist, 3)
    publish()
    body = api.get(f"/api/v1/charts/{DAILY}").json()

    assert (body["of"], body["formula"]["version"]) == ("playlist", 1)
    [row] = body["rows"]
    assert row["playlist"] == api.get(f"/api/v1/playlists/{playlist.uid}").json()
    assert (row["track"], row["artist"]) == (None, None)
    assert row["why"] == {"streams": 3, "listeners": 1, "usual_listeners": None, "score": 3.0}
    [mine] = api_as(owner).get(f"/api/v1/charts/{DAILY}").json()["rows"]
    assert mine["playlist"]["is_mine"]


def test_what_has_become_private_is_gone_at_once_for_everybody_and_ranks_stay(api, api_as, songs, charlie):
    owner, person = listener(), listener()
    mine, other = PlaylistFactory(owner=owner, tracks=songs), PlaylistFactory(tracks=songs)
    listen(person, mine, 3)
    listen(person, other, 1)
    publish()
    everybody = [api, api_as(charlie), api_as(owner)]
    # Now each list is in Redis.
    for client in everybody:
        assert shown(client) == [(1, str(mine.uid)), (2, str(other.uid))]

    for visibility in ("private", "unlisted"):
        answer = everybody[2].patch(f"/api/v1/playlists/{mine.uid}", {"visibility": visibility}, "json")
        assert answer.status_code == 200
        for client in everybody:
            assert shown(client) == shown(client, WEEKLY) == [(2, str(other.uid))]
    everybody[2].patch(f"/api/v1/playlists/{mine.uid}", {"visibility": "public"}, "json")
    assert shown(api) == [(1, str(mine.uid)), (2, str(other.uid))]


def test_what_was_deleted_is_left_out(api, songs):
    playlist = PlaylistFactory(tracks=songs)
    listen(listener(), playlist)
    publish()
    assert len(shown(api)) == 1
    playlist.delete()
    assert shown(api) == []


@pytest.mark.parametrize("count", [1, 3])
def test_one_row_costs_as_many_queries_as_three(api, songs, count, django_assert_num_queries):
    person = listener()
    for _ in range(count):
        listen(person, PlaylistFactory(owner=listener(), tracks=songs))
    publish()
    shown(api)
    # From Redis: what is hidden, and the playlists with their owners.
    with django_assert_num_queries(2):
        assert len(shown(api)) == count


# --- Moderation ------------------------------------------------------------------------------------------------------
@pytest.fixture
def desk(staff_as, editor):
    ensure_roles()
    return staff_as(editor)


def decision(playlist, /, **changed):
    return {"chart": DAILY, "playlist": playlist.uid, "verb": "hide", "reason": "Not fit", **changed}


def test_an_editor_hides_a_playlist_and_shows_it_again(desk, api, songs):
    playlist = PlaylistFactory(owner=listener(), tracks=songs)
    listen(listener(), playlist)
    publish()
    page = desk.get("/admin/analytics/chartrow/").content.decode()
    assert f"chart={DAILY}&amp;playlist={playlist.uid}" in page
    form = desk.get(f"{DECISIONS}add/?chart={DAILY}&playlist={playlist.uid}").content.decode()
    assert f'value="{playlist.uid}"' in form

    assert desk.post(f"{DECISIONS}add/", decision(playlist)).status_code == 302
    assert shown(api) == []
    assert len(shown(api, WEEKLY)) == 1
    assert desk.post(f"{DECISIONS}add/", decision(playlist, verb="show")).status_code == 302
    assert shown(api) == [(1, str(playlist.uid))]
    assert playlist.name in desk.get(DECISIONS).content.decode()
    assert list(ChartDecision.objects.values_list("playlist", "track", "artist")) == [(playlist.pk, None, None)] * 2


@pytest.mark.parametrize("given", ["", "x", "1", "private"])
def test_only_a_public_playlist_can_be_named(desk, songs, given):
    private = PlaylistFactory(owner=listener(), visibility="private")
    sent = private.uid if given == "private" else given
    answer = desk.post(f"{DECISIONS}add/", decision(private, playlist=sent))
    assert (answer.status_code, ChartDecision.objects.count()) == (200, 0)
    assert "playlist" in answer.context["adminform"].form.errors


def test_the_name_of_what_has_become_private_is_not_in_the_admin(desk, songs):
    playlist = PlaylistFactory(owner=listener(), name="My secret plans", tracks=songs)
    listen(listener(), playlist)
    publish()
    desk.post(f"{DECISIONS}add/", decision(playlist))
    Playlist.objects.update(visibility="private")
    made = ChartDecision.objects.get()

    for address in ("/admin/analytics/chartrow/", DECISIONS, f"{DECISIONS}{made.pk}/change/"):
        page = desk.get(address).content.decode()
        assert "no longer to be seen" in page
        assert "My secret plans" not in page
        assert str(playlist.uid) not in page


def test_a_decision_is_about_one_thing(songs):
    playlist = PlaylistFactory()
    for fields in ({}, {"playlist": playlist, "track": songs[0]}):
        with pytest.raises(IntegrityError, match="chart_decision_of_one_thing"), transaction.atomic():
            ChartDecision.objects.create(chart=DAILY, reason="Not fit", **fields)
