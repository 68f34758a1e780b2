"""Saving and letting go. Repeating either changes nothing, and neither do two at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.models import User
from billing.viewer import Viewer
from catalog.library.models import Saved
from catalog.library.queries import find_things, uid_is_among


@dataclass(frozen=True)
class Answer:
    """`missing` are those that do not exist for the viewer."""

    saved: list[uuid.UUID]
    missing: list[uuid.UUID]


def save_things(*, viewer: Viewer, uids: Sequence[uuid.UUID]) -> Answer:
    """Keep these, the last one newest. What is kept already keeps its place and its time."""
    try:
        return _save(viewer, uids)
    except IntegrityError:
        # One of them was deleted between the look and the commit, where the database checks: it is missing now.
        return _save(viewer, uids)


def _save(viewer: Viewer, uids: Sequence[uuid.UUID]) -> Answer:
    with transaction.atomic():
        # Two that save the same things in another order would each wait for the other's rows.
        User.objects.select_for_update(no_key=True).get(pk=viewer.known_user_id)
        found = find_things(viewer, uids)
        there = [uid for uid in dict.fromkeys(uids) if uid in found]
        rows = [_row(viewer.known_user_id, *found[uid]) for uid in there]
        Saved.objects.bulk_create(rows, ignore_conflicts=True)
    return Answer(saved=there, missing=[uid for uid in dict.fromkeys(uids) if uid not in found])


def _row(user_id: int, type_: str, key: int) -> Saved:
    return Saved(user_id=user_id, type=type_, **{f"{type_}_id": key})


def remove_things(*, viewer: Viewer, uids: Sequence[uuid.UUID]) -> None:
    """What is not there, or is nothing at all, is removed already."""
    Saved.objects.filter(uid_is_among(uids), user_id=viewer.known_user_id).delete()
