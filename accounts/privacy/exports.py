"""A person's data as one JSON file: asked for, made by a job, kept for a week."""

import tempfile
from datetime import timedelta
from pathlib import Path

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from accounts.audit.services import Event, record
from accounts.mail.services import send
from accounts.privacy.models import Export
from accounts.privacy.registry import sections
from accounts.users.models import User
from streaming.lib import clock, storage
from streaming.lib.jobs import enqueue

KEPT = timedelta(days=7)
MAX_TRIES = 5
# A worker that made no file in this time is taken for dead.
PATIENCE = timedelta(minutes=10)


def key_of(export: Export) -> str:
    """In the private bucket, which has no domain: only a signed link opens it."""
    return f"exports/{export.uid}.json"


def ask_export(*, user: User) -> Export:
    """The export that is waiting, or a new one. Asking twice makes one file."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        waiting = Export.objects.filter(user=user, state=Export.State.WAITING).first()
        if waiting is not None:
            return waiting
        export = Export.objects.create(user=user)
        record(Event.EXPORT_ASKED, user=user)
        enqueue("accounts.privacy.make_export", export.pk)
    return export


def make_export(*, export_id: int) -> bool:
    """Make the file and say so by mail; False when another worker has it, or it is no longer wanted."""
    now = clock.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - PATIENCE)
    claimed = Export.objects.filter(free, pk=export_id, state=Export.State.WAITING, tries__lt=MAX_TRIES)
    if not claimed.update(claimed_at=now, tries=F("tries") + 1):
        return False
    export = Export.objects.select_related("user").get(pk=export_id)
    with tempfile.TemporaryDirectory(prefix="backbeat-export-") as folder:
        path = Path(folder) / "export.json"
        _write(export.user, path)
        storage.upload(
            bucket=settings.R2_MASTERS_BUCKET,
            key=key_of(export),
            path=path,
            content_type="application/json",
            save_as="backbeat-export.json",
        )
    with transaction.atomic():
        waiting = Export.objects.filter(pk=export_id, state=Export.State.WAITING)
        if waiting.update(state=Export.State.READY, ready_at=clock.now()):
            send(to=export.user.email, template="export_ready")
            return True
    # Erased meanwhile: what was just stored must not stay.
    storage.delete_prefix(bucket=settings.R2_MASTERS_BUCKET, prefix=key_of(export))
    return False


def _write(user: User, path: Path) -> None:
    """Row by row: a long history is never whole in memory."""
    with path.open("wb") as file:
        file.write(b'{"made_at": ' + orjson.dumps(clock.now()) + b', "sections": {')
        for place, (name, rows_of) in enumerate(sections().items()):
            file.write((b"," if place else b"") + orjson.dumps(name) + b": [")
            for number, row in enumerate(rows_of(user)):
                file.write((b"," if number else b"") + orjson.dumps(row, default=str))
            file.write(b"]")
        file.write(b"}}")


def link_of(export: Export) -> str | None:
    """A link that downloads the file, good for an hour; None until it is ready."""
    if export.state != Export.State.READY:
        return None
    return storage.presign_get(bucket=settings.R2_MASTERS_BUCKET, key=key_of(export))


def pick_up() -> int:
    """Queue again what a crash or the broker left out, and give up on what failed too often; returns how many."""
    now = clock.now()
    waiting = Export.objects.filter(state=Export.State.WAITING, created_at__lt=now - timedelta(seconds=10))
    waiting.filter(tries__gte=MAX_TRIES, claimed_at__lt=now - PATIENCE).update(state=Export.State.FAILED)
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - PATIENCE)
    ids = list(waiting.filter(free, tries__lt=MAX_TRIES).order_by("pk").values_list("pk", flat=True)[:50])
    for export_id in ids:
        enqueue("accounts.privacy.make_export", export_id)
    return len(ids)


def discard_old() -> int:
    """Remove the files of exports that are a week old, or whose user was erased; returns how many."""
    old = Q(created_at__lt=clock.now() - KEPT) | Q(state=Export.State.EXPIRED)
    count = 0
    for export in Export.objects.filter(old).order_by("pk")[:500]:
        storage.delete_prefix(bucket=settings.R2_MASTERS_BUCKET, prefix=key_of(export))
        export.delete()
        count += 1
    return count
