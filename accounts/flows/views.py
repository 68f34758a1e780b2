"""django-allauth's views where ours differ."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import consume_email_verification_rate_limit
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.headless.account import views as account
from allauth.headless.account.inputs import (
    ChangePasswordInput,
    LoginInput,
    ReauthenticateInput,
    RequestPasswordResetInput,
    ResetPasswordInput,
    ResetPasswordKeyInput,
    SignupInput,
)
from allauth.headless.base.response import ConflictResponse, RateLimitResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.mfa.inputs import AddWebAuthnInput
from allauth.headless.mfa.views import ManageWebAuthnView
from allauth.headless.socialaccount.views import ProviderTokenView
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.flows.services import forget_unproved
from accounts.flows.social import IdTokenView
from accounts.users.emails import normalise_email
from accounts.users.models import User


class AsEntered:
    """Passwords are checked exactly as they were entered (ASVS 6.2.8): the library would strip them."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if "password" in name:
                field.strip = False


class SignInInput(AsEntered, LoginInput):
    def clean_email(self) -> str:
        """Spelt as in our tables: the library takes another spelling for another address, yet to be verified."""
        return normalise_email(self.cleaned_data["email"])


class SignInView(account.LoginView):
    input_class = SignInInput


class SignUpInput(AsEntered, SignupInput):
    pass


class SignUpView(account.SignupView):
    input_class = {"POST": SignUpInput}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        email = self.input.cleaned_data["email"]
        if not consume_email_verification_rate_limit(request, email, dry_run=True):
            # No code would be sent; the library says so for an address that has an account, and for no other.
            limited: HttpResponse = RateLimitResponse(request)
            return limited
        try:
            with transaction.atomic():
                response: HttpResponse = self._begin_anew(email) or super().post(request, *args, **kwargs)
        except IntegrityError:
            # The address was free a moment ago: looked at again, it has an account like any other.
            response = self.handle_input(self.data) or super().post(request, *args, **kwargs)
        return response

    def _begin_anew(self, email: str) -> HttpResponse | None:
        """A sign-up that stopped before the code is in nobody's way; what was found of it is looked at again."""
        if forget_unproved(email=email):
            answer: HttpResponse | None = self.handle_input(self.data)
            return answer
        return None


class VerifyEmailView(account.VerifyEmailView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.process.user is None:
            # Somebody signed up with the address anew, and the account of this flow went.
            gone: HttpResponse = ConflictResponse(request)
            return gone
        try:
            with transaction.atomic():
                response: HttpResponse = super().post(request, *args, **kwargs)
        except IntegrityError:
            # Somebody signed up with the address while its code was on the way; the flow is over.
            response = ConflictResponse(request)
        return response


class AskResetInput(RequestPasswordResetInput):
    def clean_email(self) -> str:
        """The code goes to the address as it is in our tables: the library would mail it to whatever was typed, and
        with another spelling that can be somebody else's mailbox."""
        return normalise_email(super().clean_email())


class AskResetView(account.RequestPasswordResetView):
    input_class = AskResetInput


class NewPasswordInput(AsEntered, ResetPasswordInput):
    def clean(self) -> dict[str, Any]:
        """After a wrong code the password is not looked at: the library does, but only where there is an account."""
        cleaned: dict[str, Any] = self.cleaned_data if "key" in self.errors else super().clean()
        return cleaned


class ResetPasswordView(account.ResetPasswordView):
    input_class = NewPasswordInput

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.process.user:
            response: HttpResponse = super().get(request, *args, **kwargs)
        else:
            # Without an account no code is right, and wrong ones are counted like any others: the library does neither.
            given = ResetPasswordKeyInput({"key": request.headers.get("X-Password-Reset-Key", "")}, code="")
            given.is_valid()
            self.process.record_invalid_attempt()
            response = ErrorResponse(request, input=given)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The new password and the end of all sessions, or neither."""
        with transaction.atomic():
            response: HttpResponse = super().post(request, *args, **kwargs)
        return response


class ChangeInput(AsEntered, ChangePasswordInput):
    pass


class ChangePasswordView(account.ChangePasswordView):
    input_class = ChangeInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The new password and the end of the sessions, or neither."""
        if isinstance(request.user, User) and not request.user.has_usable_password():
            # There is no present password to prove who it is.
            raise_if_reauthentication_required(request, app="allauth.account")
        with transaction.atomic():
            response: HttpResponse = super().post(request, *args, **kwargs)
        return response


class ProofInput(AsEntered, ReauthenticateInput):
    pass


class ProofView(account.ReauthenticateView):
    input_class = ProofInput


class AddPasskeyInput(AddWebAuthnInput):
    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValueError as error:
            # What can't be read at all; the library expects a TypeError.
            raise get_adapter().validation_error("incorrect_code") from error
        return cleaned


class PasskeysView(ManageWebAuthnView):
    input_class = {**ManageWebAuthnView.input_class, "POST": AddPasskeyInput}


# By the class that each takes the place of: names of addresses are not unique there.
OURS: dict[Any, Any] = {
    account.LoginView: SignInView,
    account.SignupView: SignUpView,
    account.VerifyEmailView: VerifyEmailView,
    account.RequestPasswordResetView: AskResetView,
    account.ResetPasswordView: ResetPasswordView,
    account.ChangePasswordView: ChangePasswordView,
    account.ReauthenticateView: ProofView,
    ManageWebAuthnView: PasskeysView,
    ProviderTokenView: IdTokenView,
}
