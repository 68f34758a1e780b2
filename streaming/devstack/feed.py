"""The demo comes in: `python -m streaming.devstack.feed`, started by the stack once everything is up.

It works over HTTP alone. Started again, it finds what is there and adds what is missing.
"""

import hashlib
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import requests

from streaming.devstack import cast, runfile
from streaming.devstack.demo import (
    ADS,
    Ad,
    Release,
    Song,
    build_banner,
    build_cover,
    build_jingle,
    build_master,
    ingest_order,
)
from streaming.devstack.demo.catalogue import MARA
from streaming.devstack.feeder.admin import Admin, Edit, Source
from streaming.devstack.feeder.editor import Editor
from streaming.devstack.feeder.http import RefusedError
from streaming.devstack.feeder.listeners import Listener, Listening, Visitor
from streaming.devstack.feeder.seller import Seller
from streaming.devstack.guardian import MARK
from streaming.devstack.site import ROOT

POLL_SECONDS = 0.5
# The artist's dashboard has something to show once it has these; more is not added on another run.
ENOUGH_STREAMS = 12
ROUNDS = 6
# Listeners beside the cast; nobody signs in as one of them.
CROWD = ("Carol", "Dave", "Erin", "Frank", "Grace", "Heidi")
GRANTEES = Source("billing", "grant", "user")


def say(text: str) -> None:
    print(text, flush=True)


@dataclass
class Progress:
    """What is playable, of all songs and videos; kept in var/run.json."""

    var: Path
    total: int
    ready: int = 0

    def start(self, ready: int) -> None:
        self.ready = ready
        runfile.update_demo(self.var, ready=ready, total=self.total)
        say(f"demo {ready}/{self.total}")

    def add(self, song: Song) -> None:
        self.ready += 1
        runfile.update_demo(self.var, ready=self.ready, total=self.total)
        say(f"demo {self.ready}/{self.total} “{song.title}” by {song.artists[0].name} is playable")


@dataclass
class Feeder:
    """`waiting` has what was uploaded and is neither ready nor failed, by its master: a song, a release's cover, or
    sound and banner of an ad."""

    admin: Admin
    editor: Editor
    progress: Progress
    folder: Path
    listening: Listening | None = None
    waiting: dict[str, Song | Release | Ad] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def send(self, pairs: Iterable[tuple[Release, Song]]) -> None:
        """Each master is made just before it is sent; a release follows its first song, since that takes longer."""
        for release, song in pairs:
            self.waiting[self.editor.master(song, partial(build_master, song, self.folder))] = song
            cover = self.editor.cover(release, partial(build_cover, release, self.folder))
            if cover is not None:
                self.waiting[cover] = release
            self.look()

    def sell(self, seller: Seller) -> None:
        """Book every ad, with a campaign each."""
        for ad in ADS:
            seller.campaign(ad)
            banner, master = partial(build_banner, ad, self.folder), partial(build_jingle, ad, self.folder)
            for uid in seller.files(ad, banner=banner, master=master):
                self.waiting[uid] = ad
            self.look()

    def finish(self) -> None:
        while self.waiting or (self.listening and not self.listening.is_over):
            self.look()
            time.sleep(POLL_SECONDS)

    def look(self) -> None:
        """Note what has become ready or failed since the last look."""
        if self.listening is not None:
            self.listening.tick()
        for master, what in list(self.waiting.items()):
            upload = self.admin.upload_state(master)
            if upload["state"] == "ready":
                del self.waiting[master]
                if isinstance(what, Song):
                    self.progress.add(what)
            elif upload["state"] == "failed":
                del self.waiting[master]
                self.failed.append(f"{upload['filename']} for “{what.title}” could not be used: {upload['message']}")
            elif upload["state"] == "waiting" and not upload["message"]:
                # Masters are taken in order: those behind it wait, too.
                break


def missing_songs(visitor: Visitor) -> list[tuple[Release, Song]]:
    """What the API does not show as playable and with a cover, in the order of sending."""
    there = {
        (track["release"]["title"], track["disc"], track["number"], track["kind"])
        for track in visitor.pages("tracks")
        if track["is_playable"] and track["release"]["artwork"]
    }
    return [
        (release, song)
        for release, song in ingest_order()
        if (release.title, song.disc, song.number, song.kind) not in there
    ]


def sign_up_all(run: runfile.Run) -> dict[str, Listener]:
    """The listeners and the artist of the cast, then the crowd, by address."""
    passwords = {user.email: user.password for user in run.users}
    secret = " ".join(sorted(passwords.values()))
    people = {person.email: person.display_name for person in cast.PEOPLE if not person.staff}
    for name in CROWD:
        email = f"{name.lower()}@example.com"
        people[email] = name
        # The same on each run, and unknown to whoever does not know the other passwords.
        passwords[email] = hashlib.sha256(f"{secret} {email}".encode()).hexdigest()[:24]
    return {
        email: Listener(run.web, email=email, password=passwords[email], display_name=name)
        for email, name in people.items()
    }


def first_of(run: runfile.Run, role: str) -> runfile.User:
    return next(user for user in run.users if user.role == role)


def staff(run: runfile.Run, role: str) -> Admin:
    user = first_of(run, role)
    return Admin(run.admin, email=user.email, password=user.password, totp_secret=user.totp_secret or "")


def make_paid(operator: Admin, listener: Listener, *, by_checkout: bool) -> None:
    """Through the checkout of the stand-in; of the real Stripe nobody here has a card, so there it is a gift."""
    if listener.get("me")["entitlements"]["tier"] == "paid":
        return
    if by_checkout:
        listener.subscribe()
        return
    user = next(pk for pk, name in operator.find(GRANTEES, listener.email).items() if name == listener.email)
    operator.add("billing/grant", Edit({"user": user, "reason": "gift", "note": "The demo’s paid listener."}))


def rounds_wanted(member: Listener, editor: Editor) -> int:
    """Puts the artist's account into its team; how many rounds of plays its dashboard needs."""
    teams = {team["name"]: team["uid"] for team in member.pages("me/artists")}
    if MARA.name not in teams:
        editor.add_to_team(MARA, member.email)
        return ROUNDS
    streams = member.get(f"artists/{teams[MARA.name]}/dashboard")["streams"]
    return ROUNDS if streams < ENOUGH_STREAMS else 0


def feed(var: Path, run: runfile.Run) -> list[str]:
    """Everything, in order; sentences about what could not be ingested. Raises RefusedError."""
    wanted = missing_songs(Visitor(run.web))
    total = sum(1 for _ in ingest_order())
    progress = Progress(var, total)
    progress.start(total - len(wanted))
    admin = staff(run, "editor")
    feeder = Feeder(admin, Editor(admin), progress, var / "demo")
    # So that one song can be played while the others follow.
    feeder.send(wanted[:1])
    people = sign_up_all(run)
    operator = staff(run, "operator")
    seller = Seller(operator)
    if run.stripe:
        seller.offer({row["external_id"] for row in Visitor(run.web).pages("offerings")})
    make_paid(operator, people[first_of(run, "listener").email], by_checkout=bool(run.stripe))
    feeder.sell(seller)
    member = people[first_of(run, "artist").email]
    rounds = rounds_wanted(member, feeder.editor)
    feeder.editor.add_to_label(MARA.label.name, first_of(run, "label").email)
    audience = [listener for listener in people.values() if listener is not member]
    feeder.listening = Listening(audience, favourite=MARA.name, rounds=rounds)
    feeder.send(wanted[1:])
    feeder.finish()
    return feeder.failed


def main() -> int:
    var = Path(os.environ.get(MARK) or ROOT / "var")
    run = runfile.read(var)
    if run is None:
        say(f"There is no {runfile.path_in(var)}, so nothing runs that takes the demo. Start it with `make run`.")
        return 1
    try:
        failed = feed(var, run)
    except RefusedError as refused:
        say(str(refused))
        return 1
    except requests.RequestException as error:
        say(f"The demo stops, because a server does not answer: {error}")
        return 1
    for sentence in failed:
        say(sentence)
    if failed:
        say(f"Upload these again at {run.admin}, or start afresh with `make reset`.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
