"""Play over HTTP: the token endpoint, the Android Publisher API, and the certificates of pushes."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt

from tests.fakes.google.play import ACCOUNT, PACKAGE, Object, Play
from tests.fakes.identity import certificate

PURCHASES = f"/androidpublisher/v3/applications/{PACKAGE}/purchases"
GET_V2 = re.compile(rf"{PURCHASES}/subscriptionsv2/tokens/([^/:]+)")
REVOKE_V2 = re.compile(rf"{PURCHASES}/subscriptionsv2/tokens/([^/:]+):revoke")
ACKNOWLEDGE = re.compile(rf"{PURCHASES}/subscriptions/([^/]+)/tokens/([^/:]+):acknowledge")
# The library signs for this one whatever the address is that it asks.
AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPE = "https://www.googleapis.com/auth/androidpublisher"


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


class Handler(BaseHTTPRequestHandler):
    """Bound to a Play by `serve`."""

    protocol_version = "HTTP/1.1"
    play: Play

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        path = urlsplit(self.path).path
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        try:
            with self.play.lock:
                status, body = 200, self._body(method, path, text)
        except Refused as refused:
            status, body = refused.status, {"error": {"code": refused.status, "message": refused.message}}
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _body(self, method: str, path: str, text: str) -> Object:
        play = self.play
        play.requests.append(f"{method} {path}")
        if path == "/certs":
            if not play.shows_keys:
                raise Refused(503, "The keys can't be had.")
            return {kid: certificate(key) for kid, key in play.push_keys.items()}
        if path == "/token":
            return self._sign_in(text)
        if not play.answers:
            raise Refused(503, "Google Play is away.")
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in play.access_tokens:
            raise Refused(401, "Request had invalid authentication credentials.")
        return self._api(method, path, text)

    def _sign_in(self, text: str) -> Object:
        """RFC 7523: an assertion signed with the service account's key, for Google and the API's scope."""
        form = {name: values[0] for name, values in parse_qs(text).items()}
        try:
            claims = jwt.decode(
                form["assertion"], self.play.service_key.public_key(), ["RS256"], audience=AUDIENCE,
                issuer=ACCOUNT,
            )  # fmt: skip
        except (jwt.PyJWTError, KeyError) as error:
            raise Refused(400, "invalid_grant") from error
        if form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer" or claims["scope"] != SCOPE:
            raise Refused(400, "invalid_scope")
        made = f"ya29.standin{len(self.play.access_tokens)}"
        self.play.access_tokens.add(made)
        return {"access_token": made, "expires_in": 3599, "token_type": "Bearer"}

    def _api(self, method: str, path: str, text: str) -> Object:
        if method == "GET" and (found := GET_V2.fullmatch(path)):
            return self.play.resource(self._bought(found[1]))
        if method == "POST" and (found := ACKNOWLEDGE.fullmatch(path)):
            return self._acknowledge(unquote(found[1]), found[2])
        if method == "POST" and (found := REVOKE_V2.fullmatch(path)):
            if not json.loads(text).get("revocationContext"):
                raise Refused(400, "A revocation context is required.")
            self.play.revoke(self._bought(found[1]).token)
            return {}
        raise Refused(404, "Not Found")

    def _bought(self, token: str) -> Any:
        one = self.play.bought.get(unquote(token))
        if one is None:
            # Only what looks like a token is looked for.
            raise Refused(404 if "AO-J1Oz" in token else 400, "The purchase token is not known.")
        return one

    def _acknowledge(self, product: str, token: str) -> Object:
        one = self._bought(token)
        if not self.play.takes_acknowledgements:
            raise Refused(503, "Google Play is busy.")
        if one.product != product or one.state not in ("ACTIVE", "IN_GRACE_PERIOD", "CANCELED"):
            raise Refused(400, "The subscription purchase can't be acknowledged.")
        self.play.acknowledge(one.token)
        return {}

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def serve(play: Play) -> ThreadingHTTPServer:
    """Starts answering in a thread; `server_port` says where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.RequestHandlerClass = type("Bound", (Handler,), {"play": play})
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
