"""The HTTP side: what we and dj-stripe ask Stripe for, and the pages that stand in for its checkout and portal."""

import copy
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.stripe import pages, shapes
from tests.fakes.stripe.account import KEY, Stripe
from tests.fakes.stripe.forms import parse
from tests.fakes.stripe.shapes import Object

KINDS = {
    "customers": "customer", "products": "product", "prices": "price", "subscriptions": "subscription",
    "invoices": "invoice", "invoice_payments": "invoice_payment", "payment_intents": "payment_intent",
    "charges": "charge", "refunds": "refund", "disputes": "dispute", "checkout/sessions": "checkout.session",
    "payment_methods": "payment_method", "radar/early_fraud_warnings": "radar.early_fraud_warning",
}  # fmt: skip


class Refused(Exception):
    def __init__(self, status: int, kind: str, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, "code": code}}


class Api:
    """One request at a time: the account has no locks of its own."""

    def __init__(self, account: Stripe, on_change: Callable[[], None] = lambda: None) -> None:
        self.account = account
        self.on_change = on_change
        self._kept: dict[str, tuple[str, Object]] = {}

    def answer(self, method: str, path: str, asked: Object, key: str | None, *, text: str = "") -> Object:
        with self.account.lock:
            if self.account.clock is not None:
                self.account.advance_to(self.account.clock())
            self.account.requests.append(f"{method} {path}")
            if key is not None and method == "POST":
                return self._once(path, asked, key, text)
            return self._do(method, path, asked)

    def _once(self, path: str, asked: Object, key: str, text: str) -> Object:
        """The same key gets the same answer; with other parameters it is refused."""
        before = self._kept.get(key)
        if before is not None and before[0] != path + text:
            raise Refused(400, "idempotency_error", "This key was used with other parameters.")
        if before is None:
            self._kept[key] = (path + text, copy.deepcopy(self._do("POST", path, asked)))
        return self._kept[key][1]

    def _do(self, method: str, path: str, asked: Object) -> Object:
        expand = asked.pop("expand", [])
        if path == "account":
            return shapes.account()
        if path.endswith("/features"):
            return shapes.listing(f"/v1/{path}", [])
        kind, _, uid = self._split(path)
        if method == "GET":
            found = self._listing(kind, path, asked) if not uid else self._found(kind, uid)
        else:
            found = self._change(method, kind, uid, asked)
        answer = copy.deepcopy(found)
        for place in expand:
            self._expand(answer, place.split("."))
        return answer

    def _split(self, path: str) -> tuple[str, str, str]:
        for name in sorted([*KINDS, "billing_portal/sessions", "events"], key=len, reverse=True):
            if path == name or path.startswith(name + "/"):
                return name, KINDS.get(name, name), path[len(name) + 1 :]
        raise Refused(404, "invalid_request_error", f"Unrecognized request URL ({path}).")

    def _found(self, kind: str, uid: str) -> Object:
        if kind == "events":
            known = (event for event in self.account.events if event["id"] == uid)
            return next(known, None) or self._missing(kind, uid)
        found = self.account.objects.get(uid.split("/", maxsplit=1)[0])
        if found is None or found["object"] != KINDS[kind]:
            self._missing(kind, uid)
        assert found is not None
        return found

    def _missing(self, kind: str, uid: str) -> Any:
        raise Refused(404, "invalid_request_error", f"No such {kind}: '{uid}'", "resource_missing")

    def _listing(self, kind: str, path: str, asked: Object) -> Object:
        rows = self.account.events if kind == "events" else self.account.all_of(KINDS[kind])
        rows = [row for row in rows if _matches(row, asked)][::-1]
        if after := asked.get("starting_after"):
            places = [place for place, row in enumerate(rows) if row["id"] == after]
            rows = rows[places[0] + 1 :] if places else []
        limit = int(asked.get("limit") or 10)
        return shapes.listing(f"/v1/{path}", rows[:limit], has_more=len(rows) > limit)

    def _change(self, method: str, kind: str, uid: str, asked: Object) -> Object:
        account = self.account
        uid, _, action = uid.partition("/")
        if uid:
            self._found(kind, uid)
        if any(item.get("price") not in account.objects for item in _items(asked)):
            raise Refused(400, "invalid_request_error", "No such price", "resource_missing")
        if not uid and asked.get("customer") and self._found("customers", asked["customer"]).get("deleted"):
            self._missing("customer", asked["customer"])
        actions: dict[tuple[str, str, bool, str], Callable[[], Object]] = {
            ("POST", "customers", False, ""): lambda: account.create_customer(asked),
            ("DELETE", "customers", True, ""): lambda: account.delete_customer(uid),
            ("POST", "checkout/sessions", False, ""): lambda: account.create_checkout(asked),
            ("POST", "checkout/sessions", True, "expire"): lambda: account.expire_checkout(uid),
            ("POST", "billing_portal/sessions", False, ""): lambda: self._portal(asked),
            ("POST", "subscriptions", True, ""): lambda: self._update(uid, asked),
            ("DELETE", "subscriptions", True, ""): lambda: self._cancel(uid),
            ("POST", "refunds", False, ""): lambda: self._refund(asked),
        }
        change = actions.get((method, kind, bool(uid), action))
        if change is None:
            raise Refused(404, "invalid_request_error", f"Unrecognized request URL ({method} {kind}).")
        made = change()
        self.on_change()
        return made

    def _update(self, uid: str, asked: Object) -> Object:
        if self.account.objects[uid]["status"] in ("canceled", "incomplete_expired"):
            raise Refused(
                400, "invalid_request_error", "A canceled subscription can only update its cancellation_details."
            )
        return self.account.update(uid, asked)

    def _cancel(self, uid: str) -> Object:
        if self.account.objects[uid]["status"] in ("canceled", "incomplete_expired"):
            self._missing("subscription", uid)
        return self.account.cancel(uid)

    def _refund(self, asked: Object) -> Object:
        charge = self._found("charges", asked["charge"])
        intent = charge["payment_intent"]
        payments = self.account.all_of("invoice_payment")
        payment = next(found for found in payments if found["payment"]["payment_intent"] == intent)
        invoice = self.account.objects[payment["invoice"]]
        return self.account.refund(invoice["parent"]["subscription_details"]["subscription"])

    def _portal(self, asked: Object) -> Object:
        self._found("customers", asked["customer"])
        uid = self.account.new_id("bps")
        url = f"{self.account.base}/p/session/{uid}"
        made = shapes.portal_session(
            uid, self.account.at, customer=asked["customer"], url=url, return_url=asked.get("return_url")
        )
        return self.account.put(made)

    def _expand(self, node: Any, path: list[str]) -> None:
        if isinstance(node, list):
            for part in node:
                self._expand(part, path)
            return
        name, *rest = path
        if name == "payments" and node["object"] == "invoice":
            rows = [row for row in self.account.all_of("invoice_payment") if row["invoice"] == node["id"]]
            node["payments"] = shapes.listing("/v1/invoice_payments", copy.deepcopy(rows))
        elif isinstance(node.get(name), str) and node[name] in self.account.objects:
            node[name] = copy.deepcopy(self.account.objects[node[name]])
        if rest and node.get(name):
            self._expand(node[name], rest)


def _items(asked: Object) -> list[Object]:
    found: list[Object] = asked.get("line_items") or asked.get("items") or []
    return found


def _matches(row: Object, asked: Object) -> bool:
    for name in ("customer", "charge", "active", "type"):
        if name in asked and name in row and str(row[name]).lower() != str(asked[name]).lower():
            return False
    if "status" in asked and asked["status"] != "all" and row.get("status") != asked["status"]:
        return False
    if row["object"] == "subscription" and "status" not in asked and row["status"] == "canceled":
        return False
    if row["object"] == "invoice" and "subscription" in asked:
        return bool(row["parent"]["subscription_details"]["subscription"] == asked["subscription"])
    if row["object"] == "invoice_payment" and "payment" in asked:
        return bool(row["payment"]["payment_intent"] == asked["payment"]["payment_intent"])
    return not ("email" in asked and row.get("email") != asked["email"])


class Handler(BaseHTTPRequestHandler):
    """Bound to an account by `serve`."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second must not wait for the other side to acknowledge the first.
    disable_nagle_algorithm = True
    # Callers keep their connections; one that is idle ends, and its thread with it.
    timeout = 5
    api: Api
    key: str

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        where = urlsplit(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if not where.path.startswith("/v1/"):
            with self.api.account.lock:
                status, page, location = pages.answer(self.api.account, method, where.path, parse(text))
            self.api.on_change()
            self._send(status, page.encode(), "text/html; charset=utf-8", location)
            return
        try:
            self._check()
            asked = parse(text if method == "POST" else where.query or text)
            path = where.path.removeprefix("/v1/")
            body, status = self.api.answer(method, path, asked, self.headers.get("Idempotency-Key"), text=text), 200
        except Refused as refused:
            body, status = refused.body, refused.status
        self._send(status, json.dumps(body).encode(), "application/json")

    def _check(self) -> None:
        if not self.api.account.answers:
            raise Refused(503, "api_error", "Stripe is away.")
        if urlsplit(self.path).path in self.api.account.forbidden:
            raise Refused(403, "invalid_request_error", "The key has no permission for this.")
        if self.headers.get("Authorization") != f"Bearer {self.key}":
            raise Refused(401, "invalid_request_error", "Invalid API Key provided.")

    def _send(self, status: int, body: bytes, kind: str, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def serve(
    account: Stripe, *, port: int = 0, key: str = KEY, on_change: Callable[[], None] = lambda: None
) -> ThreadingHTTPServer:
    """Starts answering in a thread; `server_port` says where."""
    handler = type("Bound", (Handler,), {"api": Api(account, on_change), "key": key})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    account.base = account.base or f"http://localhost:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
