"""Authenticator apps, recovery codes and passkeys, as the library gives them."""

import hashlib
import json
import os
from datetime import timedelta

import pyotp
import pytest
import time_machine
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

from accounts.audit.models import AuditEntry
from accounts.models import Session
from tests.accounts.flows.conftest import App, errors_of, flows_of

ORIGIN = "http://testserver"


@pytest.fixture
def app(bob):
    app = App()
    app.sign_in(bob.email)
    app.reauthenticate()
    return app


@pytest.fixture
def totp(app):
    secret = app.get("account/authenticators/totp").json()["meta"]["secret"]
    code = pyotp.TOTP(secret)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        code.clock = clock
        assert app.post("account/authenticators/totp", {"code": code.at(timezone.now())}).status_code == 200
        clock.shift(30)
        yield code


def test_the_secret_is_stored_sealed(totp):
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))

    assert totp.secret not in stored


def test_with_an_app_signing_in_asks_for_its_code(bob, totp):
    app = App()
    answer = app.sign_in(bob.email)
    assert flows_of(answer) == {"mfa_authenticate"}
    assert not app.is_signed_in()

    answer = app.post("auth/2fa/authenticate", {"code": totp.at(timezone.now())})

    assert answer.status_code == 200
    assert app.is_signed_in()
    assert AuditEntry.objects.filter(event="signed_in").last().details == {"methods": ["password", "mfa"]}


def test_a_code_is_good_once(bob, totp):
    code = totp.at(timezone.now())
    first, second = App(), App()
    first.sign_in(bob.email)
    second.sign_in(bob.email)
    assert first.post("auth/2fa/authenticate", {"code": code}).status_code == 200

    assert second.post("auth/2fa/authenticate", {"code": code}).status_code == 400


def test_guessing_codes_is_limited_and_noted(bob, totp):
    app = App()
    app.sign_in(bob.email)
    for _ in range(5):
        app.post("auth/2fa/authenticate", {"code": "000000"})

    answer = app.post("auth/2fa/authenticate", {"code": totp.at(timezone.now())})

    assert errors_of(answer) == {("code", "too_many_login_attempts")}
    assert AuditEntry.objects.filter(event="second_factor_refused", user_uid=bob.uid).count() == 5


def test_a_recovery_code_is_good_once(app, bob, totp):
    codes = app.get("account/authenticators/recovery-codes").json()["data"]["unused_codes"]
    assert len(codes) == 10

    first, second = App(), App()
    first.sign_in(bob.email)
    second.sign_in(bob.email)

    assert first.post("auth/2fa/authenticate", {"code": codes[0]}).status_code == 200
    assert second.post("auth/2fa/authenticate", {"code": codes[0]}).status_code == 400


def test_adding_and_removing_is_noted_and_mailed(transactional_db, app, bob, totp, mails):
    app.reauthenticate()
    app.call("delete", "account/authenticators/totp")

    assert not Authenticator.objects.exists()
    subjects = {subject for to, subject in mails.all() if to == bob.email}
    assert {"An authenticator app was added", "An authenticator app was removed"} <= subjects
    events = set(AuditEntry.objects.values_list("event", flat=True))
    assert {"authenticator_added", "authenticator_removed"} <= events


class Passkey:
    """A software authenticator: one P-256 key that has verified its user, with attestation "none"."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.handle = b""
        self.count = 0

    def _data(self, rp_id, flags, credential=None):
        self.count += 1
        return AuthenticatorData.create(hashlib.sha256(rp_id.encode()).digest(), flags, self.count, credential or b"")

    def _client_data(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": ORIGIN, "crossOrigin": False}).encode()

    def create(self, options):
        public = options["publicKey"]
        self.handle = websafe_decode(public["user"]["id"])
        credential = AttestedCredentialData.create(
            b"\0" * 16, self.id, ES256.from_cryptography_key(self.key.public_key())
        )
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
        data = self._data(public["rp"]["id"], flags, credential)
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(data)})
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", public["challenge"]), attestationObject=attestation
        )

    def get(self, options, rp_id="testserver"):
        public = options["publicKey"]
        client_data = self._client_data("webauthn.get", public["challenge"])
        data = self._data(public.get("rpId", rp_id), AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV)
        signed = bytes(data) + hashlib.sha256(client_data).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=client_data, authenticatorData=bytes(data), signature=signature, userHandle=self.handle
        )

    def _answer(self, **response):
        name = websafe_encode(self.id)
        encoded = {key: websafe_encode(value) for key, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": encoded, "clientExtensionResults": {}}


@pytest.fixture
def passkey(app):
    options = app.get("account/authenticators/webauthn?passwordless").json()["data"]["creation_options"]
    made = Passkey()
    answer = app.post("account/authenticators/webauthn", {"name": "Laptop", "credential": made.create(options)})
    assert answer.status_code == 200, answer.content
    return made


def sign_in_with(passkey, change=None):
    app = App()
    options = app.get("auth/webauthn/login").json()["data"]["request_options"]
    credential = passkey.get(options)
    if change:
        change(credential)
    return app, app.post("auth/webauthn/login", {"credential": credential})


def test_a_passkey_signs_in_without_password_and_starts_one_session(bob, passkey):
    before = Session.objects.count()

    app, answer = sign_in_with(passkey)

    assert answer.status_code == 200
    assert app.get("/api/v1/me").json()["uid"] == str(bob.uid)
    assert Session.objects.count() == before + 1


def test_a_passkey_of_somebody_else_signs_nobody_in(bob, passkey):
    stranger = Passkey()
    stranger.id, stranger.handle = passkey.id, passkey.handle

    app, answer = sign_in_with(stranger)

    assert answer.status_code == 400
    assert not app.is_signed_in()


def test_an_answer_to_an_old_challenge_is_refused(bob, passkey):
    app = App()
    options = app.get("auth/webauthn/login").json()["data"]["request_options"]
    credential = passkey.get(options)
    app.get("auth/webauthn/login")

    assert app.post("auth/webauthn/login", {"credential": credential}).status_code == 400


def test_a_passkey_of_a_disabled_account_signs_nobody_in(bob, passkey):
    type(bob).objects.filter(pk=bob.pk).update(is_active=False)

    app, answer = sign_in_with(passkey)

    assert answer.status_code != 200
    assert not app.is_signed_in()


def test_a_passkey_is_listed_renamed_and_removed(app, passkey):
    listed = app.get("account/authenticators").json()["data"]
    key = next(one for one in listed if one["type"] == "webauthn")
    assert key["name"] == "Laptop"

    app.call("put", "account/authenticators/webauthn", {"id": key["id"], "name": "Old laptop"})
    app.call("delete", "account/authenticators/webauthn", {"authenticators": [key["id"]]})

    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_a_passkey_is_the_second_factor_of_a_password_too(bob, passkey):
    app = App()
    assert flows_of(app.sign_in(bob.email)) == {"mfa_authenticate"}
    options = app.get("auth/webauthn/authenticate").json()["data"]["request_options"]

    assert app.post("auth/webauthn/authenticate", {"credential": passkey.get(options)}).status_code == 200
    assert app.is_signed_in()


def test_a_passkey_proves_again_who_one_is(bob, passkey):
    app, _ = sign_in_with(passkey)
    assert app.get("account/authenticators/webauthn").status_code == 401
    options = app.get("auth/webauthn/reauthenticate").json()["data"]["request_options"]

    assert app.post("auth/webauthn/reauthenticate", {"credential": passkey.get(options)}).status_code == 200
    assert app.get("account/authenticators/webauthn").status_code == 200


def test_who_has_a_passkey_and_no_password_proves_it_before_setting_one(bob, app, passkey, mails):
    bob.set_unusable_password()
    bob.save()
    app, _ = sign_in_with(passkey)
    new = {"new_password": "another long secret", "keep_session": True}
    assert app.post("account/password/change", new).status_code == 401
    options = app.get("auth/webauthn/reauthenticate").json()["data"]["request_options"]
    app.post("auth/webauthn/reauthenticate", {"credential": passkey.get(options)})

    assert app.post("account/password/change", new).status_code == 200

    assert mails.newest().subject == "You have a password now"
    assert app.is_signed_in()


def test_passkeys_are_noted_and_mailed(transactional_db, app, bob, passkey, mails):
    key = next(one for one in app.get("account/authenticators").json()["data"] if one["type"] == "webauthn")
    app.reauthenticate()
    app.call("delete", "account/authenticators/webauthn", {"authenticators": [key["id"]]})

    assert {"A passkey was added", "A passkey was removed"} <= {subject for _, subject in mails.all()}
    noted = AuditEntry.objects.filter(user_uid=bob.uid, event__startswith="authenticator_")
    assert [(entry.event, entry.details["type"]) for entry in noted.order_by("pk")][:1] == [
        ("authenticator_added", "webauthn")
    ]
    assert noted.filter(event="authenticator_removed", details={"type": "webauthn"}).exists()


def test_new_recovery_codes_make_the_old_ones_useless(transactional_db, app, bob, totp, mails):
    old = app.get("account/authenticators/recovery-codes").json()["data"]["unused_codes"][0]
    app.reauthenticate()
    assert app.post("account/authenticators/recovery-codes").status_code == 200

    assert mails.newest().subject == "You have new recovery codes"
    assert AuditEntry.objects.filter(event="recovery_codes_made", user_uid=bob.uid).exists()
    other = App()
    other.sign_in(bob.email)
    assert other.post("auth/2fa/authenticate", {"code": old}).status_code == 400


def test_an_authenticator_app_is_not_added_without_a_fresh_proof(bob):
    app = App()
    app.sign_in(bob.email)
    answer = app.get("account/authenticators/totp")
    secret = answer.json().get("meta", {}).get("secret", pyotp.random_base32())

    assert app.post("account/authenticators/totp", {"code": pyotp.TOTP(secret).now()}).status_code in (400, 401)
    assert not Authenticator.objects.exists()


def test_recovery_codes_are_not_shown_without_a_fresh_proof(bob, app, totp):
    assert app.get("account/authenticators/recovery-codes").status_code == 200
    totp.clock.shift(301)

    assert app.get("account/authenticators/recovery-codes").status_code == 401
    assert app.post("account/authenticators/recovery-codes").status_code == 401
    assert app.call("delete", "account/authenticators/totp").status_code == 401


def test_an_account_that_is_disabled_before_the_second_factor_does_not_get_in(bob, totp):
    app = App()
    app.sign_in(bob.email)
    type(bob).objects.filter(pk=bob.pk).update(is_active=False)
    started = Session.objects.count()

    assert app.post("auth/2fa/authenticate", {"code": totp.at(timezone.now())}).status_code == 401
    assert Session.objects.count() == started


def test_a_code_of_the_app_proves_again_who_one_is(bob, totp):
    app = App()
    app.sign_in(bob.email)
    with time_machine.travel(timezone.now(), tick=False):
        app.post("auth/2fa/authenticate", {"code": totp.at(timezone.now())})
    with time_machine.travel(timezone.now() + timedelta(seconds=60), tick=False):
        assert app.get("account/authenticators/webauthn").status_code == 401
        assert app.post("auth/2fa/reauthenticate", {"code": totp.at(timezone.now())}).status_code == 200
        assert app.get("account/authenticators/webauthn").status_code == 200
