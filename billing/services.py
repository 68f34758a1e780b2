"""Giving and revoking rights, and keeping the viewer record in step."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import User
from billing.models import Grant, ViewerVersion
from billing.viewer import record_key, render_record
from streaming.lib import clock, records
from streaming.lib.records import UNPUSHED

SAID_OF_ACCOUNTS = frozenset({"is_active", "market", "hide_explicit"})


def give_grant(*, user: User, reason: str, note: str = "", ends_at: datetime | None = None) -> Grant:
    """Give a right from now on; the viewer record follows on commit."""
    with transaction.atomic():
        grant = Grant.objects.create(user=user, reason=reason, note=note, ends_at=ends_at)
        change_viewer(user_id=user.pk)
    return grant


def revoke_grant(*, grant: Grant) -> None:
    """End a right now. Repeating it changes nothing."""
    with transaction.atomic():
        if Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=clock.now()):
            change_viewer(user_id=grant.user_id)


def change_viewer(*, user_id: int) -> None:
    """Raise the version of the viewer record; belongs into the transaction that changed what the record says."""
    with transaction.atomic():
        ViewerVersion.objects.get_or_create(user_id=user_id, defaults={"record_version": 0})
        ViewerVersion.objects.filter(user_id=user_id).update(record_version=F("record_version") + 1)
        transaction.on_commit(lambda: push_viewers(user_ids=[user_id]), robust=True)


def account_saved(*, instance: User, created: bool, update_fields: Collection[str] | None, **kwargs: object) -> None:
    """The viewer record follows when something of the account that it says is saved."""
    if not created and (update_fields is None or not SAID_OF_ACCOUNTS.isdisjoint(update_fields)):
        change_viewer(user_id=instance.pk)


def push_viewers(*, user_ids: list[int] | None = None) -> int:
    """Push the records of these users, or of everyone whose push a crash left out."""
    rows = ViewerVersion.objects.filter(UNPUSHED)
    if user_ids is not None:
        rows = rows.filter(user_id__in=user_ids)
    # The version is read with the row, before what it describes: see fill_record.
    return records.push_rows(rows.order_by("user_id")[: records.SWEEP_BATCH], _render)


def _render(row: ViewerVersion) -> tuple[str, dict[str, object]]:
    user = User.objects.get(pk=row.user_id)
    return record_key(str(user.uid)), render_record(user, clock.now())
