"""What a person sees: one line per piece while it starts, then one table."""

import contextlib
import time
from pathlib import Path

from streaming.devstack.cast import PEOPLE
from streaming.devstack.runfile import Run

TICK_SECONDS = 10.0


def say(text: str = "") -> None:
    """The reader of our output may be gone already; that must not keep us from stopping the rest."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def line(name: str, what: str, seconds: float | None = None) -> None:
    say(f"  {name:<10} {what:<34}{'' if seconds is None else f' {seconds:5.1f} s'}".rstrip())


class Progress:
    """A line at the start, one every ten seconds, and one at the end."""

    def __init__(self, name: str, what: str) -> None:
        self._name = name
        self._what = what
        self._begun = time.monotonic()
        self._next = TICK_SECONDS
        line(name, f"{what} ...")

    def tick(self, passed: float) -> None:
        if passed >= self._next:
            self._next += TICK_SECONDS
            line(self._name, f"{self._what} ... {passed:.0f} s")

    def done(self) -> None:
        line(self._name, f"{self._what}: done", time.monotonic() - self._begun)


def failure(name: str, what: str, tail: list[str], log: Path) -> None:
    say(f"\n  {name} {what}. The last lines of {log}:")
    for text in tail or ["(it wrote nothing)"]:
        say(f"    | {text}")
    say()


def table(run: Run, logs: Path) -> None:
    """Addresses, sign-ins, and a way from sign-in to a playing link."""
    say("\nBackbeat is up.\n")
    for what, address in (
        ("Page", run.web + "/"),
        ("Admin", run.admin),
        ("API docs", run.docs),
        ("Media edge", run.media),
        ("Mail", run.mail),
    ):
        say(f"  {what:<12}{address}")
    if run.stripe:
        say(f"  {'Payments':<12}{run.stripe}  (stands in for Stripe: subscribe at {run.web}/pricing, no money moves)")
    say("\n  Sign-ins")
    known = {user.email: user for user in run.users}
    for person in PEOPLE:
        user = known[person.email]
        say(f"  {user.email:<24}{user.password:<20}{person.note}")
        if user.totp_secret:
            say(f"  {'':<24}one-time code: .venv/bin/python manage.py one_time_code {user.email}")
    say("  Authenticator apps take these secrets:")
    for user in run.users:
        if user.totp_secret:
            say(f"  {user.email:<24}{user.totp_secret}")
    say("\n  From sign-in to a playing link (as soon as the first song is ready)")
    say("\n".join(f"    {text}" for text in curl_lines(run)))
    say(f"\n  Logs are in {logs}. Ctrl-C stops everything.\n")


def curl_lines(run: Run) -> list[str]:
    """Shell commands, to be pasted as they are: the last one prints the link and the playlist behind it."""
    user = run.users[0]
    json_type = "-H 'Content-Type: application/json'"
    token = '-H "Authorization: Bearer $TOKEN"'
    sign_in = f"""'{{"email":"{user.email}","password":"{user.password}"}}'"""
    ticket = """'{"items":[{"track":"'$TRACK'","context":{"kind":"browse","uid":null}}]}'"""
    return [
        """get() { python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }""",
        f"""TOKEN=$(curl -s {run.web}/auth/app/v1/auth/login {json_type} \\""",
        f"""  -d {sign_in} | get "['meta']['access_token']")""",
        f"""TRACK=$(curl -s {run.web}/api/v1/tracks {token} | get "['results'][0]['uid']")""",
        f"""LINK=$(curl -s {run.web}/api/v1/play-tickets {token} {json_type} \\""",
        f"""  -d {ticket} | get "['items'][0]['link']")""",
        'echo "$LINK"; curl -s "$LINK"',
    ]
