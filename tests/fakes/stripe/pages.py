"""The pages that stand in for Stripe's checkout and portal. They say so, and no money moves."""

from datetime import UTC, datetime
from html import escape

from tests.fakes.stripe.account import Stripe
from tests.fakes.stripe.shapes import Object

STYLE = """
:root{color-scheme:light dark;--paper:#faf8f5;--raised:#fff;--ink:#1a1816;--muted:#6b655d;--line:#e6e1d9;
--accent:#c2410c;--on:#fff}
@media(prefers-color-scheme:dark){:root{--paper:#121110;--raised:#1b1a18;--ink:#f3efe9;--muted:#a49c91;--line:#2c2a27;
--accent:#fb923c;--on:#121110}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:440px;margin:48px auto;padding:24px;background:var(--raised);border:1px solid var(--line);
border-radius:6px}
h1{font-size:24px;line-height:1.2;margin:0 0 16px}p{margin:0 0 16px}.note{color:var(--muted)}
form{margin:0 0 12px}button{width:100%;padding:12px;border:1px solid var(--line);border-radius:6px;background:none;
color:inherit;font:inherit;cursor:pointer}button.first{background:var(--accent);border-color:var(--accent);color:var(--on);
font-weight:600}a{color:var(--accent)}
"""
NOTE = "<p class=note><strong>This is a stand-in for Stripe.</strong> No money moves, and no card is asked for.</p>"


def answer(account: Stripe, method: str, path: str, form: dict[str, str]) -> tuple[int, str, str]:
    """(status, page, where to go)."""
    _, kind, *rest = path.split("/")
    found = account.objects.get(rest[-1]) if rest else None
    if kind == "c" and found is not None:
        return _checkout(account, method, found, form)
    if kind == "p" and found is not None:
        return _portal(account, method, found, form)
    return 404, _page("Not found", "<p>There is no such page at the stand-in for Stripe.</p>"), ""


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style><main><h1>{escape(title)}</h1>{NOTE}{body}</main></html>"
    )


def _button(name: str, label: str, *, first: bool = False) -> str:
    kind = " class=first" if first else ""
    return f"<form method=post><button name=do value={name}{kind}>{escape(label)}</button></form>"


def _price(price: Object) -> str:
    return f"{price['unit_amount'] / 100:.2f} {price['currency'].upper()} a {price['recurring']['interval']}"


def _checkout(account: Stripe, method: str, session: Object, form: dict[str, str]) -> tuple[int, str, str]:
    said = ""
    if method == "POST" and form.get("do") == "back":
        return 303, "", session["cancel_url"]
    if method == "POST":
        account.declines -= {session["customer"]}
        if form.get("do") == "declined":
            account.declines |= {session["customer"]}
        account.pay_checkout(session["id"])
        if session["status"] == "complete":
            return 303, "", session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
        said = "<p role=alert>The card was declined. Nothing was paid.</p>"
        account.declines -= {session["customer"]}
    if session["status"] != "open":
        return 200, _page("This checkout is closed", f"<p>It is {session['status']}.</p>"), ""
    asked = account.asked[session["id"]]
    price = account.objects[asked["line_items"][0]["price"]]
    days = (asked.get("subscription_data") or {}).get("trial_period_days")
    trial = f"<p>The first {escape(str(days))} days are free.</p>" if days else ""
    body = f"<p>{escape(account.objects[price['product']]['name'])}: {_price(price)}.</p>{trial}{said}"
    body += _button("pay", "Pay with a good card", first=True) + _button("declined", "Pay with a card that is declined")
    return 200, _page("Subscribe", body + _button("back", "Back without paying")), ""


def _portal(account: Stripe, method: str, session: Object, form: dict[str, str]) -> tuple[int, str, str]:
    customer = session["customer"]
    live = [found for found in account.subscriptions_of(customer) if found["status"] != "canceled"]
    if method == "POST" and live:
        _act(account, live[0]["id"], customer, form.get("do", ""))
        return 303, "", f"/p/session/{session['id']}"
    body = "".join(_subscription(found) for found in live) or "<p>There is no subscription here.</p>"
    home = escape(session["return_url"] or "/", quote=True)
    return 200, _page("Your subscription", f"{body}<p><a href='{home}'>Back to Backbeat</a></p>"), ""


def _act(account: Stripe, uid: str, customer: str, what: str) -> None:
    if what in ("cancel", "resume"):
        account.update(uid, {"cancel_at_period_end": what == "cancel"})
    elif what == "refund":
        account.refund(uid)
    elif what == "decline":
        account.declines |= {customer}
    elif what == "pays":
        account.declines -= {customer}


def _subscription(found: Object) -> str:
    item = found["items"]["data"][0]
    until = datetime.fromtimestamp(item["current_period_end"], UTC).strftime("%d %b %Y")
    ends = found["cancel_at_period_end"]
    said = f"<p>{_price(item['price'])}, {found['status']}, {'ends' if ends else 'renews'} on {until}.</p>"
    change = _button("resume", "Don’t cancel") if ends else _button("cancel", "Cancel at the end of the period")
    tries = _button("refund", "For trying things out: refund the last payment")
    tries += _button("decline", "For trying things out: the next renewal fails")
    return said + change + tries
