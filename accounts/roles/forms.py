"""The sign-in form of the staff admin: address, password and one-time code in one step."""

from typing import Any, NoReturn

from allauth.account.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from accounts.audit.services import Event, record
from accounts.users.models import User
from streaming.api.address import client_address

WRONG = "The address, the password or the code is wrong."
NO_SECOND_FACTOR = (
    "This account has no second factor yet. Add an authenticator app in your account on the listening page, "
    "or ask an operator."
)


class StaffSignInForm(AuthenticationForm):
    code = forms.CharField(
        label="One-time code",
        max_length=32,
        required=False,
        strip=True,
        help_text="From your authenticator app, or a recovery code",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "class": " ".join(BASE_INPUT_CLASSES)}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "Email address"

    def clean(self) -> dict[str, Any]:
        """One answer for a wrong address, password or code, and for somebody who is not staff."""
        email, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        cleaned: dict[str, Any] = self.cleaned_data
        if not email or not password:
            return cleaned
        # Counts failures by name and address; too many of them are refused before the password is looked at.
        user = get_adapter(self.request).authenticate(self.request, email=email, password=password)
        if not isinstance(user, User) or not user.is_active or not user.is_staff:
            self._refuse(user)
        self._check_code(user)
        record(Event.SIGNED_IN, user=user, address=client_address(self.request), details={"method": "admin"})
        self.user_cache = user
        return cleaned

    def _check_code(self, user: User) -> None:
        if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            raise ValidationError(NO_SECOND_FACTOR, code="no_second_factor")
        given = AuthenticateForm(data={"code": self.cleaned_data.get("code") or "-"}, user=user)
        if not given.is_valid():
            # Noted where every wrong code is, by the receiver of the library's signal.
            raise ValidationError(WRONG, code="wrong")
        given.authenticator.record_usage()

    def _refuse(self, user: Any) -> NoReturn:
        """A wrong password was noted by the receiver; who gave the right one and is no staff is noted here."""
        if isinstance(user, User):
            address = client_address(self.request)
            record(Event.SIGN_IN_REFUSED, user=user, address=address, details={"where": "admin"})
        raise ValidationError(WRONG, code="wrong")
