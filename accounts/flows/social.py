"""Sign in with Apple and with Google. Who somebody is there is (issuer, sub), never an address alone."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from allauth.core import context
from allauth.headless.socialaccount.inputs import ProviderTokenInput
from allauth.headless.socialaccount.views import ProviderTokenView
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from requests.adapters import HTTPAdapter

from accounts.flows.apple import exchange_code
from accounts.sessions.client import country_of
from accounts.users.emails import normalise_email
from accounts.users.models import User

NAME_LENGTH = 80
TIMEOUT_SECONDS = 5


class _Elsewhere(HTTPAdapter):
    """Sends what is meant for a vendor to another address: a stand-in on this machine."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = urlsplit(base)

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(request.url)
        request.url = urlunsplit((self._base.scheme, self._base.netloc, parts.path, parts.query, ""))
        return super().send(request, *args, **kwargs)


class _Patient(requests.Session):
    """A vendor that does not answer costs a clear refusal, not a thread."""

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", TIMEOUT_SECONDS)
        kwargs.setdefault("allow_redirects", False)
        return super().request(*args, **kwargs)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> requests.Session:
        session = _Patient()
        for prefix, base in settings.VENDORS_ELSEWHERE.items():
            session.mount(prefix, _Elsewhere(base))
        return session

    def new_user(self, request: HttpRequest, sociallogin: SocialLogin) -> User:
        """The market is where the proxy saw the sign-up, as with a password."""
        return User(market=country_of(request) or settings.DEFAULT_MARKET)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """The vendor's name where it gives one; never the address, which is nobody's business on a page."""
        user: User = sociallogin.user
        words = [str(data.get(part) or "").strip() for part in ("first_name", "last_name")]
        user.display_name = (" ".join(filter(None, words)) or "Listener")[:NAME_LENGTH]
        user.email = normalise_email(data.get("email") or "")
        for address in sociallogin.email_addresses:
            address.email = normalise_email(address.email)
        return user


class IdTokenInput(ProviderTokenInput):
    def clean(self) -> dict[str, Any]:
        """What the library can't read at all is refused like what it can: no key, another algorithm, odd claims."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except (KeyError, TypeError, ValueError, AttributeError):
            self.add_error("token", get_adapter().validation_error("invalid_token"))
            cleaned = self.cleaned_data
        sociallogin, token = cleaned.get("sociallogin"), self.data.get("token")
        if sociallogin is not None and cleaned["provider"].id == "apple" and isinstance(token.get("code"), str):
            app = cleaned["provider"].app
            sociallogin.token = exchange_code(request=context.request, app=app, code=token["code"])
        return cleaned


class IdTokenView(ProviderTokenView):
    input_class = IdTokenInput
