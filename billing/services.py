"""Giving and revoking rights, and keeping the viewer record in step."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts.models import User
from billing.entitlements import Entitlements, Tier, entitlements_for
from billing.models import EntitlementVersion, Grant, ViewerVersion
from billing.viewer import record_key, render_record
from streaming.lib import clock, records
from streaming.lib.records import UNPUSHED

SAID_OF_ACCOUNTS = frozenset({"is_active", "market", "hide_explicit"})


def give_grant(*, user: User, reason: str, note: str = "", ends_at: datetime | None = None) -> Grant:
    """Give a right from now on; the viewer record follows on commit."""
    with transaction.atomic():
        grant = Grant.objects.create(user=user, reason=reason, note=note, ends_at=ends_at)
        fold_user(user_id=user.pk, cause=f"grant {grant.uid} given")
    return grant


def revoke_grant(*, grant: Grant) -> None:
    """End a right now. Repeating it changes nothing."""
    with transaction.atomic():
        if Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=clock.now()):
            fold_user(user_id=grant.user_id, cause=f"grant {grant.uid} revoked")


def fold_user(*, user_id: int, cause: str) -> None:
    """Fold the user's rights anew, note what changed, and raise the viewer record's version.

    Belongs into the transaction that changed a purchase or a grant. The row's lock makes folds of one user take turns:
    each reads what the one before it committed, so the last version is the fold of everything.
    """
    with transaction.atomic():
        ViewerVersion.objects.get_or_create(user_id=user_id, defaults={"record_version": 0})
        row = ViewerVersion.objects.select_for_update().select_related("user").get(user_id=user_id)
        at = clock.now()
        held = entitlements_for(row.user, at)
        _note_version(row.user.uid, held, at, cause)
        ViewerVersion.objects.filter(user_id=user_id).update(lapses_at=held.valid_until)
        change_viewer(user_id=user_id)


def _note_version(user_uid: uuid.UUID, held: Entitlements, at: datetime, cause: str) -> None:
    last = EntitlementVersion.objects.filter(user_uid=user_uid).order_by("-version").first()
    said = {
        "tier": held.tier.value,
        "ends_at": held.ends_at,
        "payment_problem": held.payment_problem,
        "from_providers": list(held.from_providers),
    }
    before = (
        {name: getattr(last, name) for name in said} if last else {**said, "tier": Tier.FREE.value, "ends_at": None}
    )
    if said != before:
        version = last.version + 1 if last else 1
        EntitlementVersion.objects.create(user_uid=user_uid, version=version, at=at, cause=cause[:200], **said)


def fold_lapsed() -> int:
    """Fold those whose rights began or ended by themselves since; returns how many."""
    lapsed = ViewerVersion.objects.filter(lapses_at__lte=clock.now()).order_by("lapses_at")
    user_ids = list(lapsed.values_list("user_id", flat=True)[: records.SWEEP_BATCH])
    for user_id in user_ids:
        fold_user(user_id=user_id, cause="time")
    return len(user_ids)


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
