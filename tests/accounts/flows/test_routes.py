"""Which of the library's addresses there are, and its published schema."""

import json

import pytest
from django.urls import URLResolver

from accounts.flows import urls
from tests.accounts.flows.conftest import App

ROUTES = {
    "config",
    "auth/session", "auth/login", "auth/signup", "auth/reauthenticate",
    "auth/email/verify", "auth/email/verify/resend", "auth/password/request", "auth/password/reset",
    "auth/2fa/authenticate", "auth/2fa/reauthenticate",
    "auth/webauthn/authenticate", "auth/webauthn/reauthenticate", "auth/webauthn/login",
    "auth/provider/token", "auth/provider/signup",
    "account/email", "account/password/change", "account/providers",
    "account/authenticators", "account/authenticators/totp", "account/authenticators/recovery-codes",
    "account/authenticators/webauthn",
}  # fmt: skip


def addresses(patterns, before=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, before + str(pattern.pattern))
        else:
            yield before + str(pattern.pattern)


def test_these_and_no_others_are_there():
    assert set(addresses(urls.urlpatterns)) == {f"app/v1/{path}" for path in ROUTES} | {"openapi.json", "openapi.yaml"}


@pytest.mark.parametrize(
    "path",
    [
        "/auth/app/v1/tokens/refresh", "/auth/app/v1/auth/code/request", "/auth/app/v1/auth/code/confirm",
        "/auth/app/v1/auth/phone/verify", "/auth/app/v1/account/phone", "/auth/app/v1/auth/webauthn/signup",
        "/auth/browser/v1/auth/login", "/auth/openapi.html", "/auth/sign-in", "/auth/sign-up",
    ],
)  # fmt: skip
def test_what_is_not_offered_is_not_there(db, path):
    assert App().post(path).status_code == 404


def test_the_schema_is_published_and_is_of_what_there_is(db):
    answer = App().http.get("/auth/openapi.json")
    schema = json.loads(answer.content)

    assert answer.status_code == 200
    assert set(schema["paths"]) == {f"/auth/app/v1/{path}" for path in ROUTES}
    sign_up = schema["components"]["schemas"]["BaseSignup"]
    assert sign_up["properties"]["display_name"] == {"type": "string", "maxLength": 80}
    assert "display_name" in sign_up["required"]
    assert App().http.get("/auth/openapi.yaml").status_code == 200
