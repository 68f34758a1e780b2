"""Which rows of the catalogue are whose: the one answer for permissions, lists, choices, pages and uploads.

Editors and operators work on all of it. Everybody else reaches what belongs to the labels that they are in the team of,
by their role there. It is asked of the database each time: who leaves a team is out at once.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from accounts.roles.rules import is_catalogue_editor, is_operator
from catalog.music.models import Artist, Genre, Membership, RecordingCredit, ReleaseCredit
from streaming.lib import clock

Row = TypeVar("Row", bound=Model)
Roles = tuple[Membership.Role, ...]

ANYBODY: Roles = (Membership.Role.OWNER, Membership.Role.MEMBER, Membership.Role.READER)
EDITING: Roles = (Membership.Role.OWNER, Membership.Role.MEMBER)
OWNING: Roles = (Membership.Role.OWNER,)

# From a row to the label that it belongs to, by the model's name. What is not named here belongs to nobody's label.
PATHS: Mapping[str, tuple[str, ...]] = {
    "label": ("pk",),
    "artist": ("label",),
    "artistalias": ("artist__label",),
    "release": ("label",),
    "releasecredit": ("release__label",),
    "recording": ("label",),
    "recordingcredit": ("recording__label",),
    "lyrics": ("recording__label",),
    "track": ("release__label",),
    "membership": ("label", "artist__label"),
    "invitation": ("label", "artist__label"),
    "master": ("label", "recording__label", "release__label"),
    "ingestjob": ("master__label", "master__recording__label", "master__release__label"),
    "asset": ("recording__label", "release__label"),
    "rendition": ("asset__recording__label", "asset__release__label"),
    "rule": ("label", "release__label", "track__release__label"),
    "rightschange": ("label",),
    "takedown": ("recording__label", "release__label"),
    "takedownevent": ("takedown__recording__label", "takedown__release__label"),
}
# Teams are their owners' business.
BY_OWNERS = frozenset({"membership", "invitation"})


def sees_all(user: Any) -> bool:
    return bool(is_catalogue_editor(user) or is_operator(user))


def labels_of(user: Any, roles: Roles = ANYBODY) -> QuerySet[Membership, Any]:
    """The keys of the labels in whose team the user has one of the roles, as a subquery."""
    memberships = Membership.objects.filter(user_id=user.pk, label__isnull=False, role__in=roles)
    return memberships.values("label")


def edits_for_a_label(user: Any) -> bool:
    return sees_all(user) or labels_of(user, EDITING).exists()


def owned(user: Any, model: type[Model], roles: Roles = ANYBODY) -> Q:
    """The rows that belong to the user's labels; for who sees all, all."""
    if sees_all(user):
        return Q()
    found = Q(pk__in=())
    for path in PATHS.get(_name_of(model), ()):
        found |= Q(**{f"{path}__in": labels_of(user, roles)})
    return found


def _name_of(model: type[Model]) -> str:
    meta = model._meta  # noqa: SLF001  documented
    return str(meta.model_name) if meta.app_label == "catalog" else ""


def visible(user: Any, model: type[Model]) -> Q:
    """The rows that the user may look at: their labels' own, genres, and the artists whom they work with or who are
    public anyway."""
    if sees_all(user) or model is Genre:
        return Q()
    if model is Artist:
        return owned(user, Artist) | _known_artists(user)
    return owned(user, model)


def _known_artists(user: Any) -> Q:
    labels, announced = labels_of(user), clock.now()
    on_releases = ReleaseCredit.objects.filter(Q(release__label__in=labels) | Q(release__announced_at__lte=announced))
    on_recordings = RecordingCredit.objects.filter(
        Q(recording__label__in=labels) | Q(recording__tracks__release__announced_at__lte=announced)
    )
    return Q(pk__in=on_releases.values("artist")) | Q(pk__in=on_recordings.values("artist"))


def scoped(user: Any, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Of these rows the ones that the user may look at."""
    return rows.filter(visible(user, rows.model))


def may_see(user: Any, row: Model) -> bool:
    return _is_among(row, visible(user, type(row)))


def is_owned(user: Any, row: Model, roles: Roles = ANYBODY) -> bool:
    return _is_among(row, owned(user, type(row), roles))


def may_touch(user: Any, row: Model) -> bool:
    return is_owned(user, row, roles_to_touch(type(row)))


def roles_to_touch(model: type[Model]) -> Roles:
    return OWNING if _name_of(model) in BY_OWNERS else EDITING


def _is_among(row: Model, wanted: Q) -> bool:
    return row.pk is not None and type(row)._default_manager.filter(wanted, pk=row.pk).exists()
