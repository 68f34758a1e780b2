"""Walking through the sign-in flows as an app does."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.mail.models import Mail
from tests.accounts.flows.hashers import CountingHasher
from tests.factories.accounts import PASSWORD

BASE = "/auth/app/v1/"
NEW_PASSWORD = "another long secret"


class App:
    """An app: keeps the flow token while a flow is under way, and the access token after it."""

    def __init__(self, address="198.51.100.1"):
        self.http = Client(REMOTE_ADDR=address)
        self.flow = None
        self.tokens = {}

    def call(self, method, path, body=None, **headers):
        if self.tokens:
            headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        elif self.flow:
            headers["X-Session-Token"] = self.flow
        data = {} if body is None else {"data": body, "content_type": "application/json"}
        answer = getattr(self.http, method)(path if path.startswith("/") else BASE + path, headers=headers, **data)
        meta = answer.json().get("meta", {}) if answer.get("Content-Type") == "application/json" else {}
        self.flow = meta.get("session_token", self.flow)
        if "access_token" in meta:
            self.tokens, self.flow = meta, None
        return answer

    def get(self, path, **headers):
        return self.call("get", path, **headers)

    def post(self, path, body=None, **headers):
        return self.call("post", path, {} if body is None else body, **headers)

    def sign_up(self, email="dora@example.com", password=PASSWORD, display_name="Dora", **headers):
        return self.post("auth/signup", {"email": email, "password": password, "display_name": display_name}, **headers)

    def sign_in(self, email, password=PASSWORD, **headers):
        return self.post("auth/login", {"email": email, "password": password}, **headers)

    def enter(self, code):
        return self.post("auth/email/verify", {"key": code})

    def reauthenticate(self, password=PASSWORD):
        return self.post("auth/reauthenticate", {"password": password})

    def is_signed_in(self):
        return self.get("/api/v1/me").status_code == 200


@pytest.fixture
def app(db):
    return App()


@pytest.fixture
def mails(db):
    """The mails that wait, to whom and what kind; `code` is the one in the newest."""

    class Mails:
        def all(self):
            return [(mail.to, mail.subject) for mail in Mail.objects.order_by("pk")]

        def newest(self):
            return Mail.objects.order_by("-pk").first()

        def code(self):
            return re.search(r"Your code is ([A-Z0-9-]+)\n", self.newest().text).group(1)

        def code_before(self):
            """The one in the last mail that has one."""
            found = [re.search(r"Your code is ([A-Z0-9-]+)\n", mail.text) for mail in Mail.objects.order_by("pk")]
            return [one.group(1) for one in found if one][-1]

        def clear(self):
            Mail.objects.all().delete()
            # The library sends one code in ten seconds to an address.
            cache.clear()

    return Mails()


def flows_of(answer):
    return {flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")}


def errors_of(answer):
    return {(error.get("param"), error["code"]) for error in answer.json()["errors"]}


@pytest.fixture
def hashed(settings):
    """The lengths of the passwords that were hashed, newest last."""
    settings.PASSWORD_HASHERS = ["tests.accounts.flows.hashers.CountingHasher"]
    CountingHasher.lengths.clear()
    return CountingHasher.lengths
