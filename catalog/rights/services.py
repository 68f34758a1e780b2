"""Changes of rights and takedowns. What they change is in the history, and in the track records at once."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from catalog.music.models import Label, Recording, Release, Track
from catalog.music.services import change_tracks
from catalog.rights.models import RightsChange, Rule, Takedown, TakedownEvent
from streaming.lib import clock, jobs
from streaming.lib.errors import Code, DomainError

TOUCH_TASK = "catalog.rights.touch_label"
TOUCH_BATCH = 1_000

Holder = Label | Release | Track
_TOLD = ("scope", "territories", "access", "starts_at", "starts_on", "ends_at", "ends_on")


@contextmanager
def changing_rules(*, holder: Holder, actor_uid: uuid.UUID | None) -> Iterator[None]:
    """Around what saves rules of one label, release or track: notes what they were and became, in one transaction.

    The tracks of a release or a track follow at once. A label may have very many: a task goes through them, and until
    it has, records live a minute at most.
    """
    with transaction.atomic():
        # Two editors at once wait for each other here, so that the history has no gap.
        type(holder)._default_manager.select_for_update(no_key=True).get(pk=holder.pk)
        before = rules_as_data(holder)
        yield
        after = rules_as_data(holder)
        if before == after:
            return
        RightsChange.objects.create(
            label_id=_label_of(holder), thing=_name_of(holder), thing_uid=holder.uid, before=before, after=after,
            actor_uid=actor_uid, at=clock.now(),
        )  # fmt: skip
        if isinstance(holder, Label):
            jobs.enqueue(TOUCH_TASK, holder.pk)
        elif isinstance(holder, Release):
            change_tracks(release_ids=[holder.pk])
        else:
            change_tracks(track_ids=[holder.pk])


@transaction.atomic
def end_rules(*, holder: Holder, actor_uid: uuid.UUID | None) -> None:
    """Before a label, release or track is deleted: its rules go first, those of a release's tracks too, and the history
    says so. Part of the caller's transaction."""
    if isinstance(holder, Release):
        for track in holder.tracks.filter(rules__isnull=False).distinct():
            end_rules(holder=track, actor_uid=actor_uid)
    with changing_rules(holder=holder, actor_uid=actor_uid):
        Rule.objects.filter(**{_name_of(holder): holder}).delete()


def rules_as_data(holder: Holder) -> list[dict[str, Any]]:
    """The rules of one thing as the history keeps them."""
    encode = DjangoJSONEncoder().default
    rows = Rule.objects.filter(**{_name_of(holder): holder}).order_by("pk").values(*_TOLD)
    return [
        {name: encode(value) if hasattr(value, "isoformat") else value for name, value in row.items()} for row in rows
    ]


@contextmanager
def changing_terms(*, release_ids: Iterable[int], actor_uid: uuid.UUID | None) -> Iterator[None]:
    """Around what saves releases: their dates and their label decide, too, who hears what from when, so that what these
    were and became is in the history. Part of the caller's transaction."""
    release_ids = list(release_ids)
    before = _terms_of(release_ids)
    yield
    after = _terms_of(release_ids)
    changed = [pk for pk, (_, terms) in before.items() if pk in after and after[pk][1] != terms]
    labels = dict(Release.objects.filter(pk__in=changed).values_list("pk", "label_id"))
    RightsChange.objects.bulk_create(
        RightsChange(
            label_id=labels[pk], thing="release", thing_uid=before[pk][0], before=[before[pk][1]],
            after=[after[pk][1]], actor_uid=actor_uid, at=clock.now(),
        )
        for pk in changed
    )  # fmt: skip


def _terms_of(release_ids: list[int]) -> dict[int, tuple[uuid.UUID, dict[str, Any]]]:
    """Uid and terms of each release, as the history keeps them, by primary key."""
    encode = DjangoJSONEncoder().default
    rows = Release.objects.filter(pk__in=release_ids)
    return {
        pk: (uid, {"label": label, "released_on": encode(day), "announced_at": encode(at) if at else None})
        for pk, uid, label, day, at in rows.values_list("pk", "uid", "label__name", "released_on", "announced_at")
    }


def _name_of(holder: Holder) -> str:
    return holder._meta.model_name or ""  # noqa: SLF001  documented


def _label_of(holder: Holder) -> int:
    if isinstance(holder, Label):
        return holder.pk
    return holder.label_id if isinstance(holder, Release) else holder.release.label_id


def touch_label(*, label_id: int) -> int:
    """Bring the records of all tracks of a label up to date, in batches; returns how many."""
    touched, last = 0, 0
    while True:
        found = Track.objects.filter(release__label_id=label_id, pk__gt=last).order_by("pk")
        track_ids = list(found.values_list("pk", flat=True)[:TOUCH_BATCH])
        if not track_ids:
            return touched
        change_tracks(track_ids=track_ids)
        touched, last = touched + len(track_ids), track_ids[-1]


@transaction.atomic
def open_takedown(
    *,
    reason: str,
    claimant: str,
    recording: Recording | None = None,
    release: Release | None = None,
    details: str = "",
    starts_at: datetime | None = None,
    actor_uid: uuid.UUID | None = None,
) -> Takedown:
    """A new case; its tracks get no new link from its start on, within a second when that is now."""
    at = clock.now()
    takedown = Takedown(
        recording=recording, release=release, reason=reason, claimant=claimant, details=details,
        starts_at=starts_at or at, created_at=at,
    )  # fmt: skip
    takedown.full_clean()
    takedown.save()
    _note(takedown, TakedownEvent.Kind.OPENED, details, actor_uid)
    _change_tracks_of(takedown)
    return takedown


@transaction.atomic
def note_takedown(*, takedown: Takedown, kind: str, text: str, actor_uid: uuid.UUID | None = None) -> None:
    """A note or a counter-notice on a case."""
    if kind not in (TakedownEvent.Kind.NOTE, TakedownEvent.Kind.COUNTER_NOTICE) or not text.strip():
        raise DomainError(Code.INVALID, "Say what happened: a note or a counter-notice with its text.")
    _note(takedown, kind, text, actor_uid)


@transaction.atomic
def restore_takedown(*, takedown: Takedown, text: str = "", actor_uid: uuid.UUID | None = None) -> None:
    """End a case: likes, playlist entries and counts were never touched, and are there again. Repeating is no event."""
    at = clock.now()
    if not Takedown.objects.filter(pk=takedown.pk, restored_at=None).update(restored_at=at):
        return
    _note(takedown, TakedownEvent.Kind.RESTORED, text, actor_uid)
    _change_tracks_of(takedown)


def _note(takedown: Takedown, kind: str, text: str, actor_uid: uuid.UUID | None) -> None:
    TakedownEvent.objects.create(takedown=takedown, kind=kind, text=text, actor_uid=actor_uid, at=clock.now())


def _change_tracks_of(takedown: Takedown) -> None:
    recordings: Iterable[int] = [takedown.recording_id] if takedown.recording_id else []
    releases: Iterable[int] = [takedown.release_id] if takedown.release_id else []
    change_tracks(recording_ids=recordings, release_ids=releases)
