"""Whom we believe: Apple's root, the settings, and the question whether a certificate was revoked."""

import hashlib
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from celery import shared_task
from cryptography import x509
from django.conf import settings as installed

from billing.apple import checks
from billing.apple.client import Forged, verified
from billing.purchases.providers import ProviderDown
from tests.fakes.apple import Authority, Store

# As Apple publishes it at https://www.apple.com/certificateauthority/
ROOT_G3 = "63343abfb89a6a03ebb57e9b3f5fa7be7c4f5c756f3017b3a8c488c3653e9179"


def test_the_root_that_we_bring_is_apples():
    [path] = installed.APPLE_STORE_ROOTS
    root = Path(path).read_bytes()

    assert hashlib.sha256(root).hexdigest() == ROOT_G3
    found = x509.load_der_x509_certificate(root)
    assert "CN=Apple Root CA - G3" in found.subject.rfc4514_string()
    assert found.not_valid_after_utc > datetime(2039, 1, 1, tzinfo=UTC)


# --- The settings ----------------------------------------------------------------------------------------------------


def test_a_whole_configuration_is_fine(apple_settings):
    assert checks.app_store_is_whole() == []


def test_no_configuration_is_fine(settings):
    assert checks.app_store_is_whole() == []


@pytest.mark.parametrize("value", ["LocalTesting", "Xcode", "production", ""])
def test_no_other_environment_boots(settings, value):
    settings.APPLE_STORE_ENVIRONMENT = value

    [error] = checks.app_store_is_whole()

    assert error.msg == "APPLE_STORE_ENVIRONMENT is wrong or not set. Set it to Production or Sandbox."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APPLE_STORE_ISSUER_ID", ""),
        ("APPLE_STORE_KEY_ID", ""),
        ("APPLE_STORE_APP_ID", 0),
        ("APPLE_STORE_ROOTS", ["/nowhere"]),
        ("APPLE_STORE_KEY", "not a key"),
    ],
)
def test_half_a_configuration_is_named(apple_settings, name, value):
    setattr(apple_settings, name, value)

    [error] = checks.app_store_is_whole()

    assert error.obj == name
    assert "not a key" not in error.msg


# --- Revoked certificates --------------------------------------------------------------------------------------------


class Responder:
    """Answers what `says` names: good, revoked, or nothing but a failure."""

    def __init__(self):
        self.says, self.asked, self.authority = "good", 0, None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.asked += 1
                request = self.rfile.read(int(self.headers["Content-Length"]))
                body = outer.authority.ocsp_answer(request, is_good=outer.says == "good")
                self.send_response(500 if outer.says == "nothing" else 200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.authority = Authority("Checked", responder=f"http://127.0.0.1:{self.server.server_port}/")


@pytest.fixture
def responder(apple_settings, tmp_path):
    made = Responder()
    root = tmp_path / "checked.cer"
    root.write_bytes(made.authority.root)
    apple_settings.APPLE_STORE_ROOTS = [str(root)]
    yield made
    made.server.shutdown()
    made.server.server_close()


def read(signed):
    return verified(lambda by: by.verify_and_decode_notification(signed)).rawNotificationType


@shared_task(name="tests.read_notification")
def read_task(signed):
    return read(signed)


def in_a_worker(signed):
    return read_task.apply([signed], throw=True).get()


def a_test(responder):
    return Store(datetime.now(UTC), responder.authority).tell("TEST")


def test_a_request_does_not_wait_for_the_responder(responder):
    assert read(a_test(responder)) == "TEST"
    assert responder.asked == 0


def test_a_worker_asks_once_for_each_certificate(responder):
    assert in_a_worker(a_test(responder)) == "TEST"
    assert in_a_worker(a_test(responder)) == "TEST"
    assert responder.asked == 2


def test_a_revoked_certificate_is_refused(responder):
    responder.says = "revoked"

    with pytest.raises(Forged):
        in_a_worker(a_test(responder))


def test_a_responder_that_fails_is_an_outage(responder):
    responder.says = "nothing"

    with pytest.raises(ProviderDown):
        in_a_worker(a_test(responder))


def test_the_question_can_be_switched_off(responder, settings):
    settings.APPLE_STORE_OCSP = False

    assert in_a_worker(a_test(responder)) == "TEST"
    assert responder.asked == 0
