"""Teams of labels and artists: inviting people, their answers, and what standing in a team means for the admin."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction

from accounts.audit.services import Event, record
from accounts.mail.services import send
from accounts.models import User
from accounts.roles.groups import ARTIST_TEAMS, LABEL_STAFF
from accounts.users.emails import normalise_email
from catalog.music.models import Artist, Invitation, Label, Membership
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError

LASTS = timedelta(days=14)
EXPIRE_BATCH = 1_000
ASK_AGAIN = "Ask whoever invited you for another one."

Team = Label | Artist


def address_of(email: str) -> str:
    """The address as our tables spell it. Raises ValueError with a sentence."""
    address = normalise_email(email)
    try:
        validate_email(address)
    except ValidationError:
        raise ValueError("This is no email address. Write it as name@example.com.") from None
    return address


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite_member(*, team: Team, email: str, role: str, invited_by: User, page: str) -> Invitation:
    """Offer a place in the team by mail; the one there is for this address is over then. `page` is where the token is
    answered, and ends with the # that keeps the token out of logs. It goes out in the mail and is nowhere else."""
    token = secrets.token_urlsafe(32)
    address = address_of(email)
    with transaction.atomic():
        # One invitation per team and address: whoever invites again waits here for the other.
        type(team)._default_manager.select_for_update(no_key=True).get(pk=team.pk)
        _end(_of_team(team).filter(email=address, state=Invitation.State.WAITING), Invitation.State.WITHDRAWN)
        invitation = Invitation.objects.create(
            **_named(team),
            email=address,
            role=role,
            token_hash=hash_of(token),
            invited_by=invited_by,
            expires_at=clock.now() + LASTS,
        )
        context = {
            "team": team.name,
            "role": invitation.get_role_display().lower(),
            "by": invited_by.display_name,
            "link": f"{page}{token}",
        }
        send(to=address, template="invitation", context=context)
    return invitation


def withdraw_invitation(*, invitation: Invitation) -> None:
    """The address is forgotten; who did it stands in the history of the team's page. Repeating it, or withdrawing what
    was answered, changes nothing."""
    _end(Invitation.objects.filter(pk=invitation.pk, state=Invitation.State.WAITING), Invitation.State.WITHDRAWN)


def find_invitation(*, token: str) -> Invitation:
    """Raises NOT_FOUND for a token that is not ours, INVITATION_OVER for one that can't be answered any more."""
    invitation = (
        Invitation.objects.select_related("label", "artist", "invited_by").filter(token_hash=hash_of(token)).first()
    )
    if invitation is None:
        raise DomainError(Code.NOT_FOUND, "There is no such invitation. Open the link from the mail again.", status=404)
    _check_open(invitation)
    return invitation


def _check_open(invitation: Invitation) -> None:
    if invitation.state == Invitation.State.WAITING and invitation.expires_at > clock.now():
        return
    sentence = {
        Invitation.State.ACCEPTED: "This invitation was accepted. Its link works once, so there is nothing more to do.",
        Invitation.State.DECLINED: f"This invitation was declined. {ASK_AGAIN}",
        Invitation.State.WITHDRAWN: f"This invitation was withdrawn, or another mail took its place. {ASK_AGAIN}",
    }.get(Invitation.State(invitation.state), f"This invitation has expired. {ASK_AGAIN}")
    raise DomainError(Code.INVITATION_OVER, sentence, status=409)


def addresses_of(user_id: int) -> set[str]:
    """Those that are proved to be this person's, spelt as ours."""
    verified = EmailAddress.objects.filter(user_id=user_id, verified=True).values_list("email", flat=True)
    return {normalise_email(email) for email in verified}


def waiting_for(*, user: User) -> models.QuerySet[Invitation]:
    """What this person is invited to and has not answered."""
    waiting = Invitation.objects.open(clock.now()).filter(email__in=addresses_of(user.pk))
    return waiting.select_related("label", "artist").order_by("pk")


def forget_person(*, user: User) -> None:
    """Their places in teams go, and the invitations that hold one of their addresses, proved or not."""
    addresses = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    Membership.objects.filter(user=user).delete()
    held = Invitation.objects.filter(email__in={normalise_email(address) for address in addresses})
    _end(held.filter(state=Invitation.State.WAITING), Invitation.State.WITHDRAWN)


def accept_invitation(*, token: str, user: User) -> Membership:
    """Join the team. Who is in it already keeps their role. Raises as `find_invitation`, and INVITATION_OF_ANOTHER."""
    with transaction.atomic():
        invitation = _locked(token, user)
        membership, created = Membership.objects.get_or_create(
            user=user, label=invitation.label, artist=invitation.artist, defaults={"role": invitation.role}
        )
        _end(Invitation.objects.filter(pk=invitation.pk), Invitation.State.ACCEPTED)
        if created:
            settle_standing(user_ids=[user.pk], actor=user)
    return membership


def decline_invitation(*, token: str, user: User) -> None:
    with transaction.atomic():
        invitation = _locked(token, user)
        _end(Invitation.objects.filter(pk=invitation.pk), Invitation.State.DECLINED)


def _locked(token: str, user: User) -> Invitation:
    found = find_invitation(token=token)
    invitation = Invitation.objects.select_for_update(of=("self",), no_key=True).get(pk=found.pk)
    # Answered by the other one of two clicks meanwhile.
    _check_open(invitation)
    if invitation.email not in addresses_of(user.pk):
        sentence = (
            "This invitation went to another address. Sign in with the account that has it, or ask for an invitation "
            "to the address of this one."
        )
        raise DomainError(Code.INVITATION_OF_ANOTHER, sentence, status=403)
    return invitation


def expire_invitations() -> int:
    """Forget the addresses of invitations that nobody answered in time; how many."""
    late = Invitation.objects.filter(state=Invitation.State.WAITING, expires_at__lte=clock.now())
    ids = list(late.order_by("expires_at").values_list("pk", flat=True)[:EXPIRE_BATCH])
    return _end(Invitation.objects.filter(pk__in=ids, state=Invitation.State.WAITING), Invitation.State.EXPIRED)


def _end(invitations: models.QuerySet[Invitation], state: Invitation.State) -> int:
    return invitations.update(state=state, email="", answered_at=clock.now())


def name_of(row: Membership | Invitation) -> str:
    """The name of the team that a row is about."""
    team = row.label or row.artist
    return team.name if team else ""


def _named(team: Team) -> dict[str, Team]:
    return {"label" if isinstance(team, Label) else "artist": team}


def _of_team(team: Team) -> models.QuerySet[Invitation]:
    return Invitation.objects.filter(**_named(team))


def join_label(*, user: User, label: str, **kwargs: Any) -> None:
    """Receiver of label_staff_made: an owner, because an operator who makes label staff hands them the team. Who is in
    it already keeps their role."""
    found = Label.objects.filter(name=label).first()
    if found is None:
        raise DomainError(Code.NOT_FOUND, f"There is no label named {label}. Enter it in the admin first.", status=404)
    Membership.objects.get_or_create(user=user, label=found, defaults={"role": Membership.Role.OWNER})
    settle_standing(user_ids=[user.pk], actor=user)


def people_of(team: Team) -> set[int]:
    """The keys of the users in the team."""
    return set(Membership.objects.filter(**_named(team)).values_list("user_id", flat=True)) if team.pk else set()


def settle_standing(*, user_ids: Iterable[int], actor: User) -> None:
    """Who is in a label's team is label staff; who is in none any more is not, and leaves the admin unless they have
    another role there. Nobody enters it without a second factor. Repeating it changes nothing."""
    with transaction.atomic():
        for user in User.objects.select_for_update(no_key=True).filter(pk__in=set(user_ids)).order_by("pk"):
            mine = Membership.objects.filter(user=user)
            _settle_group(user, LABEL_STAFF, actor, belongs=mine.filter(label__isnull=False).exists())
            _settle_group(user, ARTIST_TEAMS, actor, belongs=mine.filter(artist__isnull=False).exists())


def _settle_group(user: User, name: str, actor: User, *, belongs: bool) -> None:
    if user.groups.filter(name=name).exists() == belongs:
        return
    group = Group.objects.get_or_create(name=name)[0]
    if belongs:
        user.groups.add(group)
    else:
        user.groups.remove(group)
    record(Event.ROLES_CHANGED, user=user, actor=actor, details={"added" if belongs else "removed": [name]})
    if name == LABEL_STAFF:
        _settle_admin(user, belongs=belongs)


def _settle_admin(user: User, *, belongs: bool) -> None:
    enters = belongs or user.is_superuser or user.groups.exclude(name=ARTIST_TEAMS).exists()
    if user.is_staff != enters:
        user.is_staff = enters
        user.save(update_fields=["is_staff"])
