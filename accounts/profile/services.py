"""Changes of a user's own account. Where two come at once, the second meets what the first left."""

import uuid
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from accounts.audit.services import Event, record
from accounts.profile.rules import market_free_at
from accounts.users.models import User, market_validator
from streaming.lib import clock, limits
from streaming.lib.errors import Code, DomainError

PIN_TRIES = limits.Limit("explicit-lock", amount=5, seconds=15 * 60)


def change_profile(
    *,
    user: User,
    display_name: str | None = None,
    language: str | None = None,
    hide_explicit: bool | None = None,
) -> User:
    """Change what is not None. Raises EXPLICIT_LOCKED when the filter is locked and would be switched off."""
    wanted = {"display_name": display_name, "language": language, "hide_explicit": hide_explicit}
    with transaction.atomic():
        row = _locked(user)
        changed = {name: value for name, value in wanted.items() if value is not None and getattr(row, name) != value}
        if row.explicit_lock and changed.get("hide_explicit") is False:
            raise _is_locked()
        for name, value in changed.items():
            setattr(row, name, value)
        if changed:
            row.save(update_fields=list(changed))
    return row


def _locked(user: User) -> User:
    """The row as it is now, nobody else's to change until the transaction ends.

    NO KEY: what refers to the user (a session, a grant) is written meanwhile all the same.
    """
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _is_locked() -> DomainError:
    return DomainError(
        Code.EXPLICIT_LOCKED, "The filter is locked. Remove the lock with its PIN or your password first.", status=403
    )


def lock_explicit(*, user: User, pin: str) -> User:
    """Switch the explicit-content filter on and lock it. Raises EXPLICIT_LOCKED when there is a lock already: whoever
    could put another in its place would not need its PIN."""
    hashed = make_password(pin)
    with transaction.atomic():
        row = _locked(user)
        if row.explicit_lock:
            raise _is_locked()
        row.explicit_lock, row.hide_explicit = hashed, True
        row.save(update_fields=["explicit_lock", "hide_explicit"])
    return row


def unlock_explicit(
    *, user: User, pin: str = "", password: str = "", session_uid: uuid.UUID | None = None, address: str = ""
) -> User:
    """Remove the lock with its PIN, or with the password of the account; the filter stays as it is.

    Raises PIN_WRONG (audited), and RATE_LIMITED after five wrong tries in fifteen minutes. Without a lock nothing is
    asked and nothing changes.
    """
    lock = user.explicit_lock
    if not lock:
        return user
    _count_try(user)
    if not (check_password(pin, lock) if pin else user.check_password(password)):
        record(Event.EXPLICIT_LOCK_REFUSED, user=user, session_uid=session_uid, address=address)
        raise DomainError(Code.PIN_WRONG, "The PIN or the password is wrong.", status=403)
    limits.reset(PIN_TRIES, str(user.uid))
    with transaction.atomic():
        row = _locked(user)
        if row.explicit_lock not in (lock, ""):
            # Another lock took its place meanwhile: that one's PIN was not shown.
            raise _is_locked()
        row.explicit_lock = ""
        row.save(update_fields=["explicit_lock"])
    return row


def _count_try(user: User) -> None:
    """Before the hash is compared: tries at the same time count as well."""
    verdict = limits.hit(PIN_TRIES, str(user.uid))
    if not verdict.allowed:
        raise DomainError(
            Code.RATE_LIMITED,
            f"Too many wrong tries. Try again in {verdict.retry_after} seconds.",
            status=429,
            headers={"Retry-After": str(verdict.retry_after)},
        )


def change_market(*, user: User, country: str, session_uid: uuid.UUID | None = None, address: str = "") -> User:
    """The market becomes `country`, which the proxy saw (empty: it is not known or not believed).

    Raises MARKET_UNKNOWN, and MARKET_TOO_SOON within fourteen days of the last change.
    """
    if not country:
        raise DomainError(Code.MARKET_UNKNOWN, "It is not known which country you are in.", status=409)
    with transaction.atomic():
        row = _locked(user)
        free_at = market_free_at(row.market_changed_at)
        if row.market != country and free_at is not None and free_at > clock.now():
            raise _is_too_soon(free_at)
        _set_market(row, country, source="proxy", session_uid=session_uid, address=address)
    return row


def _is_too_soon(free_at: datetime) -> DomainError:
    sentence = f"The market can be changed again on {free_at:%Y-%m-%d} at {free_at:%H:%M} UTC."
    return DomainError(Code.MARKET_TOO_SOON, sentence, status=409)


def set_market_from_store(*, user: User, country: str) -> User:
    """The market becomes the country of the store that something was bought in: no waiting, since it cost money."""
    market_validator(country)
    with transaction.atomic():
        row = _locked(user)
        _set_market(row, country, source="store")
    return row


def _set_market(
    row: User, country: str, *, source: str, session_uid: uuid.UUID | None = None, address: str = ""
) -> None:
    """Belongs into the transaction that locked the row. The viewer record follows what is saved."""
    if row.market == country:
        return
    details = {"from": row.market, "to": country, "source": source}
    row.market, row.market_changed_at = country, clock.now()
    row.save(update_fields=["market", "market_changed_at"])
    record(Event.MARKET_CHANGED, user=row, session_uid=session_uid, address=address, details=details)
