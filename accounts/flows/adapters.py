"""django-allauth's hooks: how addresses are spelt, where mail goes, who is limited."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.adapter import DefaultHeadlessAdapter
from allauth.headless.base.response import UnauthorizedResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest

from accounts.mail.services import send_message
from accounts.sessions.client import country_of
from accounts.users.emails import EMAIL_LENGTH, can_be_mailed, normalise_email
from accounts.users.models import User
from accounts.users.passwords import as_tried
from streaming.api.address import client_address
from streaming.lib.sealing import seal, unseal


class AccountAdapter(DefaultAccountAdapter):
    def clean_email(self, email: str) -> str:
        """Spelt as in our tables first and checked then: NFKC makes some characters longer, and others into an @."""
        spelt = normalise_email(email)
        if len(spelt) > EMAIL_LENGTH:
            raise ValidationError(f"An address has {EMAIL_LENGTH} characters at most.", code="max_length")
        validate_email(spelt)
        if not can_be_mailed(spelt):
            raise ValidationError("Enter a valid email address.", code="invalid")
        return spelt

    def new_user(self, request: HttpRequest) -> User:
        """The market is where the proxy saw the sign-up, never what a client says."""
        return User(market=country_of(request) or settings.DEFAULT_MARKET)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """None for a wrong password, an unknown address, a disabled account and an address without proof alike.

        Were the last asked for its code, then signing up with an address and in with the same password would tell
        whether the address had an account before.
        """
        if "email" in credentials:
            credentials["email"] = normalise_email(credentials["email"])
        # For an unknown address, too, a password is hashed: that of nobody.
        credentials["password"] = as_tried(str(credentials.get("password", "")))
        user = super().authenticate(request, **credentials)
        if user is None or not user.is_active:
            return None
        return user if EmailAddress.objects.filter(user=user, verified=True).exists() else None

    def login(self, request: HttpRequest, user: User) -> None:
        """The library looks at is_active when a flow begins, and here it ends: maybe minutes later."""
        if not user.is_active:
            raise ImmediateHttpResponse(UnauthorizedResponse(request))
        super().login(request, user)

    def send_account_already_exists_mail(self, email: str) -> None:
        """A new account would cost a hash: an address that has one must not answer sooner."""
        make_password("as long as it takes")
        super().send_account_already_exists_mail(email)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        message = self.render_mail(template_prefix, email, {"email": email, **context})
        send_message(message)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Failures are counted by name and address together: by name alone, anybody could lock out anybody."""
        return f"{credentials.get('email', '')}|{client_address(request)}"


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are stored sealed."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)


class HeadlessAdapter(DefaultHeadlessAdapter):
    def serialize_user(self, user: Any) -> dict[str, Any]:
        # A step that changes the address works on a row of its own: this one may still have the old address.
        email = EmailAddress.objects.get_primary_email(user) or user.email
        return {"uid": str(user.uid), "email": email, "display_name": user.display_name, "market": user.market}
