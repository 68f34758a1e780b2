"""Apple and Google as identity providers: keys that rotate, and id_tokens that are signed with them, over real HTTP.

Shapes as the vendors publish them: Apple's keys as a JWK set, Google's as certificates by kid.
"""

import base64
import hashlib
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

ISSUERS = {"apple": "https://appleid.apple.com", "google": "https://accounts.google.com"}
TOKEN_HOSTS = {"apple": "https://appleid.apple.com/", "google": "https://oauth2.googleapis.com/"}
HOSTS = {"apple": "https://appleid.apple.com/", "google": "https://www.googleapis.com/"}


class Vendor:
    """`answers` may be set to False: then every request is refused."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.answers = True
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self.client_key: Any = None
        self.revoked: list[str] = []
        self.rotate()

    def rotate(self) -> None:
        """A new key; what the older ones signed is no longer good."""
        self.keys = {f"kid{len(self.keys)}{time.monotonic_ns()}": rsa.generate_private_key(65537, 2048)}

    def id_token(
        self, client_id: str, *, key: Any = None, headers: Any = None, algorithm: str = "RS256", **claims: Any
    ) -> str:
        (kid, private), *_ = self.keys.items()
        now = int(time.time())
        body = {
            "iss": ISSUERS[self.name], "aud": client_id, "sub": "subject-1", "iat": now, "exp": now + 600,
            "email": "mona@example.com", "email_verified": "true" if self.name == "apple" else True, **claims,
        }  # fmt: skip
        return jwt.encode(body, key or private, algorithm=algorithm, headers={"kid": kid, **(headers or {})})

    def grant(self, asked: dict[str, str], **claims: Any) -> str:
        """The code that a browser carries back after signing in there; good once."""
        code = f"code{time.monotonic_ns()}"
        self.codes[code] = {"asked": asked, "claims": claims}
        return code

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The token endpoint: the code once, by the client that asked, with its secret and its PKCE verifier."""
        found = self.codes.pop(form.get("code", ""), None)
        if found is None or not self._knows_client(form) or not _verifies(found["asked"], form):
            return 400, {"error": "invalid_grant"}
        token = self.id_token(found["asked"]["client_id"], **found["claims"])
        return 200, {
            "access_token": "at",
            "refresh_token": f"refresh-{form['code']}",
            "expires_in": 3600,
            "id_token": token,
        }

    def revoke(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Apple answers 200 to a client that it knows, whether the token was good or not."""
        if not self._knows_client(form):
            return 400, {"error": "invalid_client"}
        if self.answers:
            self.revoked.append(form["token"])
        return 200, {}

    def _knows_client(self, form: dict[str, str]) -> bool:
        if self.name == "google":
            return form.get("client_secret") == "KEYID"
        try:
            jwt.decode(form["client_secret"], self.client_key, ["ES256"], audience=ISSUERS["apple"], issuer="TEAM")
        except jwt.PyJWTError:
            return False
        return True

    def published(self) -> dict[str, Any]:
        if self.name == "google":
            return {kid: certificate(key) for kid, key in self.keys.items()}
        algorithm = jwt.algorithms.RSAAlgorithm
        return {
            "keys": [
                {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256", "use": "sig"}
                for kid, key in self.keys.items()
            ]
        }


def _verifies(asked: dict[str, str], form: dict[str, str]) -> bool:
    challenge = asked.get("code_challenge")
    if challenge is None:
        return True
    made = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
    return made.decode() == challenge


def certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=10))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def serve(vendor: Vendor) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, vendor.published())

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self._answer(*(vendor.revoke(form) if self.path == "/auth/revoke" else vendor.exchange(form)))

        def _answer(self, status: int, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status if vendor.answers else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
