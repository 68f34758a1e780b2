"""What was there before rules and announcements stays announced and playable."""

from importlib import import_module
from types import SimpleNamespace

from django.db import connection

from catalog.music.models import Release
from catalog.rights.models import Rule
from tests.factories import LabelFactory, ReleaseFactory, TrackFactory

backfill = import_module("catalog.migrations.0006_what_there_was").backfill


def run(monkeypatch):
    monkeypatch.setitem(backfill.__globals__, "BATCH", 1)
    backfill(None, SimpleNamespace(connection=connection))


def test_releases_are_announced_and_labels_allow_everything(db, api, monkeypatch):
    tracks = [TrackFactory(release__label=LabelFactory(rule=False), release__announced_at=None) for _ in range(3)]

    run(monkeypatch)

    assert {release.announced_at for release in Release.objects.all()} == {track.release.created_at for track in tracks}
    assert [row["is_playable"] for row in api.get("/api/v1/tracks").json()["results"]] == [True, True, True]


def test_run_again_it_changes_nothing(db, monkeypatch):
    label = LabelFactory()
    Rule.objects.filter(label=label).update(scope="include", territories=["DE"])
    release = ReleaseFactory(label=label)

    run(monkeypatch)

    assert Rule.objects.get().territories == ["DE"]
    assert Release.objects.get().announced_at == release.announced_at
