"""What somebody may not see is in no answer of any operation, and none tells it apart from what does not exist.

The operations are those of the committed schema: a new one is asked without a change here.
"""

import re
import uuid
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml
from django.db import transaction
from rest_framework.test import APIClient

from analytics.charts.models import ChartName, ChartRow, ChartSnapshot
from catalog.library.models import Saved
from catalog.music.models import Lyrics, Release
from catalog.playlists.models import Playlist, PlaylistCover
from catalog.search.backlog import store_waiting
from streaming.lib import clock
from tests.analytics.charts.listening import hear
from tests.factories import (
    ArtistFactory,
    LabelFactory,
    PlaylistFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    publish_cover,
)

WORD = "Zebrafink"
UNKNOWN = uuid.UUID("00000000-0000-7000-8000-000000000000")
HIDDEN = ("private", "unlisted", "track", "release", "artist", "label")
# What is new in each answer, whatever was named: the request's id, and the uid of what was made, signed or not.
NEW_EACH_TIME = r'"request_id": ?"[^"]*"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|X-Amz-Signature=[0-9a-f]+'


@cache
def schema():
    return yaml.safe_load((Path(__file__).parents[2] / "docs/openapi.yaml").read_text())


def operations():
    for path, methods in schema()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], (method, path, operation)


OPERATIONS = dict(operations())


def sample(shape, uid):
    """A value that the schema allows, with this uid wherever one can be named."""
    if "$ref" in shape:
        return sample(schema()["components"]["schemas"][shape["$ref"].rpartition("/")[2]], uid)
    for several in ("oneOf", "allOf", "anyOf"):
        if several in shape:
            return sample(shape[several][0], uid)
    kind = shape.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in shape:
        return shape["enum"][0]
    if kind == "object" or "properties" in shape:
        return {name: sample(value, uid) for name, value in shape.get("properties", {}).items()}
    if kind == "array":
        return [sample(shape["items"], uid)]
    if shape.get("format") == "uuid":
        return str(uid)
    if shape.get("format") == "date-time":
        return "2026-11-25T21:04:05+02:00"
    return {"integer": shape.get("minimum", 1), "number": 1, "boolean": False}.get(
        kind, WORD[: shape.get("maxLength", 9)]
    )


def parameters(operation, uid):
    """One question for each parameter that could name something, and one without any."""
    yield {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query" and parameter["name"] not in ("cursor", "limit"):
            options = parameter["schema"].get("enum")
            yield from ({parameter["name"]: value} for value in options or (str(uid), WORD))


def addresses(path, uid, own):
    """With the uid, with something of the viewer's own where only the body names the uid, and with every chart."""
    if "{chart}" in path:
        return [path.replace("{chart}", name) for name in ChartName.values]
    return list(dict.fromkeys(re.sub(r"\{\w+\}", str(value), path) for value in (uid, own)))


def ask(build_client, operation_id, uid, own):
    """(status, body) of each question about the uid; nothing that it does is kept."""
    method, path, operation = OPERATIONS[operation_id]
    content = operation.get("requestBody", {}).get("content", {})
    body = sample(content["application/json"]["schema"], uid) if content else None
    for address in addresses(path, uid, own):
        for query in parameters(operation, uid):
            for secret in ({}, {"Playlist-Secret": str(uid)}) if takes_a_secret(operation) else ({},):
                with transaction.atomic():
                    call = getattr(build_client(), method)
                    sent = {"data": query}
                    if method != "get":
                        sent = {"data": body, "format": "json", "QUERY_STRING": urlencode(query)}
                    answer = call(address, headers={"If-Match": "*", **secret}, **sent)
                    yield f"{method} {address} {query}", answer.status_code, answer.content.decode()
                    transaction.set_rollback(True)


def takes_a_secret(operation):
    return "Playlist-Secret" in [parameter["name"] for parameter in operation.get("parameters", [])]


@pytest.fixture
def world(db, bob, charlie, time_machine):
    """Bob's playlists and a release that is not announced; charlie has met all of it while it was there."""
    time_machine.move_to(clock.now(), tick=False)
    artist, label = ArtistFactory(name=f"{WORD} artist"), LabelFactory(name=f"{WORD} label")
    release = ReleaseFactory(title=f"{WORD} release", label=label, by=[artist], upc="036000291452", p_line=WORD)
    recording = RecordingFactory(title=f"{WORD} song", label=label, by=[artist], isrc="QZBBT2600001")
    track = TrackFactory(release=release, recording=recording)
    Lyrics.objects.create(recording=recording, language="en", text=f"Oh {WORD}")
    cover = publish_cover(release)
    named = {"owner": bob, "description": WORD, "tracks": [track]}
    private = PlaylistFactory(name=f"{WORD} private", visibility="private", **named)
    unlisted = PlaylistFactory(name=f"{WORD} unlisted", visibility="unlisted", **named)
    own = PlaylistFactory(name="Own", owner=charlie, tracks=[track], visibility="private")
    pictures = [
        PlaylistCover.objects.create(playlist=playlist, state="ready", size=1, content_type="image/png")
        for playlist in (private, unlisted)
    ]
    things = {"track": track, "release": release, "artist": artist, "playlist": private}
    for type_, thing in [*things.items(), ("playlist", unlisted)]:
        Saved.objects.create(user=charlie, type=type_, **{type_: thing})
    hear(charlie, track, 3, day=clock.now().date())
    publish_charts({"tracks": track, "artists": artist, "videos": track, "trending": track, "playlists": private})
    Release.objects.filter(pk=release.pk).update(announced_at=None)
    hidden = {**things, "private": private, "unlisted": unlisted, "label": label}
    uids = [str(thing.uid) for thing in (*hidden.values(), cover, *pictures)] + [str(unlisted.secret)]
    # Search has it, too.
    store_waiting()
    return {"hidden": hidden, "uids": uids, "own": own.uid}


def publish_charts(items):
    today = clock.now().date()
    for name in ChartName.values:
        fields = {"chart": name, "last": today}
        snapshot = ChartSnapshot.objects.create(first=today, formula=1, made_at=clock.now(), **fields)
        ChartRow.objects.create(
            snapshot=snapshot, item_id=items[name.partition("-")[0]].pk, rank=1, streams=3, listeners=1, score=3,
            peak=1, periods=1, **fields,
        )  # fmt: skip


@pytest.fixture
def viewers(api_as, charlie):
    return {"nobody": APIClient, "stranger": lambda: api_as(charlie)}


def said(text):
    return re.sub(NEW_EACH_TIME, "…", text)


@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_no_operation_says_or_betrays_what_may_not_be_seen(operation_id, world, viewers):
    for viewer in viewers.values():
        nothing = list(ask(viewer, operation_id, UNKNOWN, world["own"]))
        for name in HIDDEN:
            uid = world["hidden"][name].uid
            answers = list(ask(viewer, operation_id, uid, world["own"]))
            for (question, status, text), (_, other_status, other_text) in zip(answers, nothing, strict=True):
                assert status < 500, question
                assert (status, said(text)) == (other_status, said(other_text)), question
                rest = text.replace(str(uid), "").replace(f'"query": "{WORD}"', "").replace(f'"query":"{WORD}"', "")
                assert f"{WORD} " not in rest, question
                assert f"Oh {WORD}" not in rest, question
                assert [one for one in world["uids"] if one in rest] == [], question


def test_once_it_may_be_seen_these_operations_show_it(world, viewers):
    """Otherwise the test above could not fail."""
    Release.objects.update(announced_at=clock.now())
    Playlist.objects.filter(name__startswith=WORD).update(visibility="public", secret=None)
    store_waiting()
    shown = {
        operation_id
        for operation_id, (method, _, _) in OPERATIONS.items()
        if method == "get"
        for name in HIDDEN
        for _, _, text in ask(viewers["stranger"], operation_id, world["hidden"][name].uid, world["own"])
        if f"{WORD} " in text or f"Oh {WORD}" in text
    }
    assert shown >= {
        "getArtist", "getChart", "getLabel", "getPlaylist", "getRelease", "getTrack", "listArtists", "getMyTop",
        "listLabels", "listLyrics", "listMyLibrary", "listNewReleases", "listPlaylistEntries", "listReleases",
        "listTracks", "search", "suggest",
    }  # fmt: skip
