"""Sign in with Apple is revoked at Apple when its user is erased."""

from datetime import timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.flows import apple
from accounts.flows.models import AppleToken
from accounts.models import User
from accounts.privacy.services import erase_user
from streaming.lib import clock
from tests.accounts.flows.conftest import App
from tests.fakes.identity import HOSTS, Vendor, serve

CLIENT = "app.backbeat.ios"


@pytest.fixture
def vendor(transactional_db, settings):
    vendor = Vendor("apple")
    server = serve(vendor)
    settings.VENDORS_ELSEWHERE = {HOSTS["apple"]: f"http://127.0.0.1:{server.server_port}"}
    key = ec.generate_private_key(ec.SECP256R1())
    vendor.client_key = key.public_key()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    app = {"client_id": CLIENT, "secret": "KEYID", "key": "TEAM", "settings": {"certificate_key": pem, "hidden": False}}
    settings.SOCIALACCOUNT_PROVIDERS = {"apple": {"APPS": [app]}}
    yield vendor
    server.shutdown()
    server.server_close()


def sign_in(vendor, code=None):
    app = App()
    token = {"client_id": CLIENT, "id_token": vendor.id_token(CLIENT), **({"code": code} if code else {})}
    answer = app.post("auth/provider/token", {"provider": "apple", "process": "login", "token": token})
    assert answer.status_code == 200
    return User.objects.get()


def revoke_all():
    return [apple.revoke(token_id=pk) for pk in AppleToken.objects.values_list("pk", flat=True)]


def test_the_token_is_kept_sealed_and_revoked_on_erasure(vendor):
    code = vendor.grant({"client_id": CLIENT})
    user = sign_in(vendor, code)
    row = AppleToken.objects.get()
    assert (row.user, row.client_id) == (user, CLIENT)
    assert code not in row.sealed

    erase_user(user=user)

    assert revoke_all() == [True]
    assert vendor.revoked == [f"refresh-{code}"]
    assert not AppleToken.objects.exists()


def test_an_apple_that_is_down_is_asked_again_until_it_has_done_it(vendor):
    user = sign_in(vendor, vendor.grant({"client_id": CLIENT}))
    erase_user(user=user)
    vendor.answers = False
    assert revoke_all() == [False]
    assert apple.pick_up() == 0

    vendor.answers = True
    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        assert apple.pick_up() == 1
        assert revoke_all() == [True]

    assert len(vendor.revoked) == 1
    assert apple.pick_up() == 0


def test_nothing_is_revoked_of_who_stays(vendor):
    sign_in(vendor, vendor.grant({"client_id": CLIENT}))

    assert revoke_all() == [False]
    assert vendor.revoked == []


def test_signing_in_again_keeps_the_newest_token_only(vendor):
    sign_in(vendor, vendor.grant({"client_id": CLIENT}))
    newest = vendor.grant({"client_id": CLIENT})
    user = sign_in(vendor, newest)

    erase_user(user=user)
    revoke_all()

    assert vendor.revoked == [f"refresh-{newest}"]


def test_a_code_that_apple_refuses_does_not_keep_anybody_out(vendor):
    user = sign_in(vendor, "not a code")

    assert not AppleToken.objects.exists()
    erase_user(user=user)
    assert revoke_all() == []
