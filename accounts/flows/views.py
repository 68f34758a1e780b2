"""django-allauth's views where ours differ, by the names of their addresses."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.headless.account import views as account
from allauth.headless.account.inputs import (
    LoginInput,
    RequestPasswordResetInput,
    ResetPasswordInput,
    ResetPasswordKeyInput,
)
from allauth.headless.base.response import ConflictResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.mfa.inputs import AddWebAuthnInput
from allauth.headless.mfa.views import ManageWebAuthnView
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.users.emails import normalise_email
from accounts.users.models import User


class SignInInput(LoginInput):
    def clean_email(self) -> str:
        """Spelt as in our tables: the library takes another spelling for another address, yet to be verified."""
        return normalise_email(self.cleaned_data["email"])


class SignInView(account.LoginView):
    input_class = SignInInput


class SignUpView(account.SignupView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                response: HttpResponse = super().post(request, *args, **kwargs)
        except IntegrityError:
            # The address was free a moment ago: looked at again, it has an account like any other.
            response = self.handle_input(self.data) or super().post(request, *args, **kwargs)
        return response


class VerifyEmailView(account.VerifyEmailView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
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


class NewPasswordInput(ResetPasswordInput):
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


class ChangePasswordView(account.ChangePasswordView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The new password and the end of the sessions, or neither."""
        if isinstance(request.user, User) and not request.user.has_usable_password():
            # There is no present password to prove who it is.
            raise_if_reauthentication_required(request, app="allauth.account")
        with transaction.atomic():
            response: HttpResponse = super().post(request, *args, **kwargs)
        return response


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


OURS: dict[str, Any] = {
    "login": SignInView,
    "signup": SignUpView,
    "verify_email": VerifyEmailView,
    "request_password_reset": AskResetView,
    "reset_password": ResetPasswordView,
    "change_password": ChangePasswordView,
    "manage_webauthn": PasskeysView,
}
