"""Elasticsearch beside PostgreSQL: whatever happens to it, every question has an answer, and no change is lost."""

import contextlib
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from catalog.music.models import Recording, Track
from catalog.playlists.models import Playlist
from catalog.search import compare, elastic, engines, indexing, rebuild, services
from catalog.search.backlog import store_waiting
from catalog.search.documents import PREFIX, alias, definition, id_of
from catalog.search.models import UNINDEXED, IndexRow, Kind, SearchDocument
from streaming.lib import clock
from tests.catalog.search.test_api import SEARCH, SUGGEST, song
from tests.factories import TrackFactory


@pytest.fixture
def track(elasticsearch, index):
    made = song("Rain")
    index()
    return made


def answers(api, query="rain"):
    """The titles, and who answered, each time as a new process does."""
    elastic.breaker.close()
    engines.freshness.forget()
    answer = api.get(SEARCH, {"q": query})
    assert answer.status_code == 200
    return [row["title"] for row in answer.json()["tracks"]], answer.headers["Search-Engine"]


def source(elasticsearch, track):
    elasticsearch.indices.refresh(index=alias())
    return elasticsearch.get(index=alias(), id=id_of("track", track.pk)).body["_source"]


def nothing_differs():
    services.work_off_backlog()
    return compare.compare().count == 0 and not IndexRow.objects.filter(UNINDEXED).exists()


def test_what_is_sent_is_what_is_kept(elasticsearch, track):
    kept = SearchDocument.objects.get(uid=track.uid)

    assert source(elasticsearch, track) == {
        "kind": "track", "uid": str(track.uid), "key": track.pk, "name": "rain", "names": ["rain"],
        "accent_names": ["rain"], "name_words": "rain", "all_words": " ".join(kept.all_words), "genres": [],
        "year": 2020, "explicit": False, "popularity": 0, "length": 4,
    }  # fmt: skip


def test_only_what_the_core_has_is_used():
    kinds = {"keyword", "text", "short", "long", "boolean"}

    assert {field["type"] for field in definition()["mappings"]["properties"].values()} == kinds
    assert definition()["mappings"]["dynamic"] == "strict"


def test_a_change_and_a_deletion_arrive(api, track, index):
    Recording.objects.update(title="Snow")
    index()
    assert answers(api, "snow") == (["Snow"], "elasticsearch")
    assert answers(api, "rain")[0] == []

    track.delete()
    index()
    assert compare.versions_in(alias()).get(id_of("track", track.pk or 0)) is None
    assert nothing_differs()


def test_a_private_playlist_leaves_the_index(elasticsearch, index, bob):
    playlist = Playlist.objects.create(name="Open", owner=bob, visibility="public")
    index()
    assert id_of("playlist", playlist.pk) in compare.versions_in(alias())

    Playlist.objects.update(visibility="private")
    index()

    assert id_of("playlist", playlist.pk) not in compare.versions_in(alias())


# --- Trouble ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def trouble(elasticsearch, elasticsearch_server):
    """Makes what the name says happen; what it gives ends it."""

    def cause(name):
        if name == "stopped":
            elasticsearch_server.stop()
            return elasticsearch_server.start
        if name == "frozen":
            elasticsearch_server.freeze()
            return elasticsearch_server.thaw
        for held in elasticsearch.indices.get(index=f"{PREFIX}*").body:
            elasticsearch.indices.delete(index=held)
        if name == "wrong mapping":
            elasticsearch.indices.create(index=alias(), mappings={"properties": {"kind": {"type": "keyword"}}})
        return lambda: None

    return cause


@pytest.mark.parametrize("name", ["stopped", "frozen", "index missing", "wrong mapping"])
def test_whatever_happens_postgresql_answers_and_nothing_is_lost(api, track, trouble, name):
    mend = trouble(name)
    assert answers(api) == (["Rain"], "postgresql")
    assert api.get(SUGGEST, {"q": "rain"}).headers["Search-Engine"] == "postgresql"

    Recording.objects.update(title="Rain Again")
    if name == "stopped":
        services.work_off_backlog()
    else:
        # A frozen server is given half a minute to take a write.
        store_waiting()
    assert answers(api) == (["Rain Again"], "postgresql")

    mend()
    services.work_off_backlog()
    assert nothing_differs()
    assert answers(api) == (["Rain Again"], "elasticsearch")


def test_an_index_that_can_not_be_written_to_is_not_asked_once_it_is_behind(api, elasticsearch, track):
    elasticsearch.indices.put_settings(index=alias(), settings={"index.blocks.write": True})
    Recording.objects.update(title="Rain Again")
    services.work_off_backlog()
    IndexRow.objects.filter(UNINDEXED).update(changed_at=clock.now() - 2 * engines.MOST_BEHIND)

    assert answers(api) == (["Rain Again"], "postgresql")

    elasticsearch.indices.put_settings(index=alias(), settings={"index.blocks.write": False})
    assert nothing_differs()
    assert answers(api) == (["Rain Again"], "elasticsearch")


def test_after_a_failure_it_is_not_asked_for_some_seconds(api, track, trouble):
    mend = trouble("frozen")
    answers(api)
    mend()

    assert api.get(SEARCH, {"q": "rain"}).headers["Search-Engine"] == "postgresql"
    assert not elastic.breaker.allows()


# --- The backlog -----------------------------------------------------------------------------------------------------


def test_killed_between_sending_and_noting_it_is_sent_again(elasticsearch, track):
    Recording.objects.update(title="Snow")
    store_waiting()
    indexing.send(list(IndexRow.objects.filter(UNINDEXED)), to=alias(), is_alias=True)

    assert IndexRow.objects.filter(UNINDEXED).exists()
    assert nothing_differs()
    assert source(elasticsearch, track)["name"] == "snow"


def test_an_older_version_that_comes_late_changes_nothing(elasticsearch, track):
    late = IndexRow.objects.get(kind="track", key=track.pk)
    Recording.objects.update(title="Snow")
    services.work_off_backlog()
    SearchDocument.objects.filter(uid=track.uid).update(name="rain")

    assert indexing.send([late], to=alias(), is_alias=True) == [late]

    assert source(elasticsearch, track)["name"] == "snow"


def test_two_workers_at_once_lose_nothing(transactional_db, elasticsearch):
    for number in range(1, 25):
        TrackFactory(recording__title=f"Rain {number}")
    problems = []

    def work():
        try:
            for _ in range(5):
                Recording.objects.update(title="Snow")
                services.work_off_backlog()
        except Exception as error:  # noqa: BLE001  it is what is asked for
            problems.append(error)
        connection.close()

    in_threads(work, work)

    assert problems == []
    assert nothing_differs()


def in_threads(*work):
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- Rebuilding and comparing ----------------------------------------------------------------------------------------


def test_a_rebuild_while_others_write_has_no_gap_and_misses_nothing(transactional_db, elasticsearch, monkeypatch):
    for number in range(1, 25):
        TrackFactory(recording__title=f"Rain {number}")
    services.work_off_backlog()
    elasticsearch.indices.refresh(index=alias())
    monkeypatch.setattr(rebuild, "CHUNK", 10)
    done, found, problems = threading.Event(), [], []
    old = set(elasticsearch.indices.get(index=alias()).body)

    def write():
        try:
            for turn in range(30):
                Recording.objects.filter(pk__in=list(Track.objects.values_list("recording", flat=True)[:9])).update(
                    title=f"Snow {turn}"
                )
                services.work_off_backlog()
        except Exception as error:  # noqa: BLE001  it is what is asked for
            problems.append(error)
        connection.close()
        done.set()

    def ask():
        while not done.is_set():
            # What is on its way to the old index while that goes fails: PostgreSQL answers it.
            with contextlib.suppress(*elastic.Trouble):
                found.append(elastic.writer().count(index=alias()).body["count"])

    def build():
        try:
            rebuild.rebuild()
            rebuild.rebuild()
        except Exception as error:  # noqa: BLE001  it is what is asked for
            problems.append(error)
        connection.close()

    in_threads(write, ask, build)

    assert problems == []
    assert set(found) == {SearchDocument.objects.count()}
    assert nothing_differs()
    assert not old & set(elasticsearch.indices.get(index=f"{PREFIX}*").body)


def test_a_rebuild_that_was_killed_is_swept_up_by_the_next(elasticsearch, track):
    def die(done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild(progress=die)
    assert len(elasticsearch.indices.get(index=f"{PREFIX}*").body) == 2
    assert nothing_differs()

    name = rebuild.rebuild()
    assert list(elasticsearch.indices.get(index=f"{PREFIX}*").body) == [name]
    assert nothing_differs()


def test_two_rebuilds_at_once_are_one(transactional_db, elasticsearch):
    TrackFactory()
    services.work_off_backlog()
    refused = []

    def second(done, total):
        def other():
            try:
                rebuild.rebuild()
            except rebuild.AlreadyRebuildingError as error:
                refused.append(error)
            connection.close()

        in_threads(other)

    rebuild.rebuild(progress=second)

    assert refused
    assert nothing_differs()


def test_what_differs_is_found_and_repaired(elasticsearch, track):
    row = IndexRow.objects.get(kind="track", key=track.pk)
    artist = IndexRow.objects.get(kind="artist")
    lost = {"version": row.version, "version_type": "external_gte"}
    elasticsearch.delete(index=alias(), id=id_of(row.kind, row.key), **lost)
    elasticsearch.index(index=alias(), id="track-999", document={"kind": "track"})
    held = elasticsearch.get(index=alias(), id=id_of(artist.kind, artist.key)).body["_source"]
    address = {"index": alias(), "id": id_of(artist.kind, artist.key)}
    elasticsearch.index(**address, document=held, version=99, version_type="external")

    with pytest.raises(CommandError, match="2 documents differ, 1 are unknown"):
        call_command("search_compare")
    assert services.repair_index() == 3

    assert nothing_differs()
    said = StringIO()
    call_command("search_compare", stdout=said)
    assert said.getvalue().startswith("0 documents differ, 0 are unknown")


def test_the_command_rebuilds_and_shows_how_far_it_is(elasticsearch, track):
    elasticsearch.indices.create(index=f"{PREFIX}-of-before")
    said = StringIO()

    call_command("search_rebuild", stdout=said)

    assert "] 3 of 3" in said.getvalue()
    assert len(elasticsearch.indices.get(index=f"{PREFIX}*").body) == 1
    assert nothing_differs()


@pytest.mark.parametrize("command", ["search_rebuild", "search_compare"])
def test_without_elasticsearch_the_commands_say_so(db, settings, command):
    settings.ELASTICSEARCH_URL = ""

    with pytest.raises(CommandError, match="ELASTICSEARCH_URL is not set"):
        call_command(command)


# --- Popularity ------------------------------------------------------------------------------------------------------


def test_a_document_waits_again_only_when_its_streams_have_doubled(db, index):
    track = song("Rain")
    index()

    def waits(streams):
        raised = services.note_streams(kind=Kind.TRACK, streams=[(track.pk, streams)])
        index()
        return raised, SearchDocument.objects.get(uid=track.uid).popularity

    assert waits(100) == (1, 6)
    assert waits(120) == (0, 6)
    assert waits(130) == (1, 7)
