"""The App Store Server API over HTTP: /production and /sandbox, each as far as we ask it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.apple.store import BUNDLE_ID, Payload, Store, milliseconds

ISSUER_ID = "57246542-96fe-1a63-e053-0824d011072a"
KEY_ID = "2X9R4HXF34"
AUDIENCE = "appstoreconnect-v1"
PAGE = 20


class Refused(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"errorCode": code, "errorMessage": message} if code else None


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def p8(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class Handler(BaseHTTPRequestHandler):
    """Bound to a store and to the public half of the key by `serve`."""

    protocol_version = "HTTP/1.1"
    store: Store
    key: ec.EllipticCurvePublicKey

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        where = urlsplit(self.path)
        with self.store.lock:
            self.store.requests.append(f"{self.command} {where.path}")
            try:
                self._check()
                body, status = self._found(where.path, parse_qs(where.query), json.loads(text or "{}")), 200
            except Refused as refused:
                body, status = refused.body, refused.status
        sent = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if body is not None else "text/plain")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _check(self) -> None:
        if not self.store.answers:
            raise Refused(503, 0, "away")
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, self.key, ["ES256"], audience=AUDIENCE, issuer=ISSUER_ID)
        except jwt.PyJWTError as error:
            raise Refused(401, 0, "unauthenticated") from error
        if jwt.get_unverified_header(token).get("kid") != KEY_ID or claims.get("bid") != BUNDLE_ID:
            raise Refused(401, 0, "unauthenticated")

    def _found(self, path: str, query: dict[str, list[str]], asked: Payload) -> Payload:
        _, environment, *rest = path.split("/")
        environment = environment.capitalize()
        if self.command == "GET" and rest[:-1] == ["inApps", "v1", "subscriptions"]:
            return self._statuses(rest[-1], environment)
        if self.command == "POST" and rest == ["inApps", "v1", "notifications", "history"]:
            return self._history(environment, asked, int(query.get("paginationToken", ["0"])[0]))
        raise Refused(404, 0, "no such address")

    def _statuses(self, uid: str, environment: str) -> Payload:
        held = self.store.subscriptions.get(uid)
        if held is None or held.environment != environment:
            raise Refused(404, 4040010, "Transaction id not found.")
        last = {
            "originalTransactionId": uid,
            "status": held.status,
            "signedTransactionInfo": self.store.proof(uid),
            "signedRenewalInfo": self.store.renewal(uid),
        }
        group = {"subscriptionGroupIdentifier": "20000001", "lastTransactions": [last]}
        return {**self.store.app(environment), "data": [group]}

    def _history(self, environment: str, asked: Payload, begin: int) -> Payload:
        rows = [
            {"signedPayload": signed, "sendAttempts": []}
            for at, where, signed in self.store.history
            if where == environment and asked["startDate"] <= milliseconds(at) <= asked["endDate"]
        ]
        end = begin + PAGE
        more = {"paginationToken": str(end)} if len(rows) > end else {}
        return {"notificationHistory": rows[begin:end], "hasMore": bool(more), **more}

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def serve(store: Store, key: ec.EllipticCurvePublicKey) -> ThreadingHTTPServer:
    """Starts answering in a thread; `server_port` says where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"store": store, "key": key}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
