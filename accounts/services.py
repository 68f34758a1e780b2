"""Sign-up, sign-in and sign-out."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.authentication import deny_key
from accounts.models import Session, User
from accounts.tokens import LIFETIME, AccessToken
from streaming.lib import clock, redis
from streaming.lib.errors import Code, DomainError, FieldProblem


@dataclass(frozen=True)
class SignedIn:
    user: User
    access_token: str
    expires_at: datetime


def sign_up(*, email: str, password: str, display_name: str, market: str) -> SignedIn:
    """Create the account and its first session. Raises EMAIL_TAKEN, PASSWORD_WEAK."""
    user = User(email=email, display_name=display_name)
    try:
        validate_password(password, user)
    except ValidationError as error:
        problem = FieldProblem("/password", Code.PASSWORD_WEAK, " ".join(error.messages))
        raise DomainError(Code.PASSWORD_WEAK, problem.detail, problems=(problem,)) from error
    try:
        # The unique index decides: of two sign-ups at once with one address, one is refused here.
        with transaction.atomic():
            user = User.objects.create_user(email, password, display_name=display_name, market=market)
            return _start_session(user)
    except IntegrityError as error:
        raise DomainError(Code.EMAIL_TAKEN, "This address has an account. Sign in instead.", status=409) from error


def sign_in(*, email: str, password: str) -> SignedIn:
    """Start a session. Raises BAD_CREDENTIALS, the same for an unknown address, a wrong password or a disabled one."""
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        raise DomainError(Code.BAD_CREDENTIALS, "The address or the password is wrong.", status=401)
    return _start_session(user)


def end_session(*, session_uid: str) -> None:
    """End the session; its access tokens are refused at once, and at the latest when they expire.

    The deny key is written before the commit: a crash in between leaves a session that is refused for ten minutes,
    never one that ended and is still let in.
    """
    with transaction.atomic():
        ended = Session.objects.filter(uid=session_uid, ended_at=None).update(ended_at=clock.now())
        if ended:
            _deny(session_uid)


def _deny(session_uid: str) -> None:
    try:
        redis.client().set(deny_key(session_uid), 1, ex=LIFETIME)
    except redis.RedisUnavailable:
        # Design §7: with Redis down, reads go on until the token's `exp`; the row refuses everything else.
        return


def _start_session(user: User) -> SignedIn:
    session = Session.objects.create(user=user)
    token = AccessToken.issue(user_uid=str(user.uid), session_uid=str(session.uid))
    expires_at = datetime.fromtimestamp(token["exp"], UTC)
    return SignedIn(user=user, access_token=str(token), expires_at=expires_at)
