"""Why somebody may or may not play a track, in sentences: the same decision, with what led to it."""

import uuid
from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from billing.entitlements import entitlements_for
from catalog.music.models import Track
from catalog.rights.queries import facts_of, rights_annotations
from catalog.rights.rules import Audience, Facts, Playability, Terms, Window, exists, playability, windows_in
from streaming.lib import clock
from streaming.lib.explain import UnknownThing


def explain_access(user_name: str, track_uid: str) -> list[str]:
    """`user_name` is an address or a uid. Raises UnknownThing."""
    user, track, at = _user(user_name), find_track(track_uid), clock.now()
    tier = entitlements_for(user, at).tier
    audience = Audience(market=user.market, tier=tier, hide_explicit=user.hide_explicit, at=at)
    return [
        f"{track.recording.title} on {track.release.title}, for {user.email} at {moment(at)}.",
        *explain_track(facts_of(track), audience),
    ]


def explain_track(facts: Facts, audience: Audience) -> list[str]:
    """Sentences in the order in which `playability` looks, and its answer last."""
    return [*_steps(facts, audience), f"So: {outcome(playability(facts, audience))}"]


def _steps(facts: Facts, audience: Audience) -> Iterator[str]:
    yield f"Market {audience.market}, tier {audience.tier}, explicit content {_hidden(audience)}."
    yield "Its recording has a published asset." if facts.is_ready else "Its recording has no published asset yet."
    yield f"Announced {moment(facts.announced_at)}." if facts.announced_at else "Not announced: a draft."
    if not exists(facts, audience.at):
        return
    yield f"Taken down {moment(facts.taken_down_at)}." if facts.taken_down_at else "Not taken down."
    yield f"Release date {facts.released_on}. {_source(facts)}"
    covering = dict(windows_in(facts, audience.market))
    for terms in facts.rules:
        yield _rule(terms, covering.get(terms), audience)
    if facts.explicit:
        yield "It is explicit."


def _hidden(audience: Audience) -> str:
    return "hidden" if audience.hide_explicit else "shown"


def _source(facts: Facts) -> str:
    if not facts.rules:
        return "No rule allows it anywhere."
    own = facts.rules[0].is_own
    return f"{len(facts.rules)} rule(s) in force, {'its own' if own else 'inherited from its release or label'}:"


def _rule(terms: Terms, window: Window | None, audience: Audience) -> str:
    where = ", ".join(sorted(terms.territories)) or "no country"
    countries = f"only {where}" if terms.scope == "include" else f"everywhere but {where}"
    access = {"everyone": "free and paid", "paid": "paid only", "preview": "preview only"}[terms.access]
    if window is None:
        return f"- {countries}, {access}: does not cover {audience.market}."
    state = "holds now" if window.holds(audience.at) else "is over" if window.is_over(audience.at) else "is to come"
    end = f" to {moment(window.end)}" if window.end else ", no end"
    return f"- {countries}, {access}, from {moment(window.start)}{end}: {state}."


def outcome(answer: Playability) -> str:
    """One sentence for an answer."""
    until = f", until {moment(answer.available_until)}" if answer.available_until else ""
    if answer.restriction is None:
        return f"it may be played{until}."
    why = answer.restriction
    from_when = f", from {moment(why.available_from)}" if why.available_from else ""
    unlock = f", unlocked by {why.unlock}" if why.unlock else ""
    return f"{why.reason}{from_when}{unlock}{until}."


def moment(at: datetime | None) -> str:
    return f"{at:%d %b %Y %H:%M} UTC" if at else "never"


def _user(name: str) -> User:
    field = "email" if "@" in name else "uid"
    user = User.objects.filter(**{field: name}).first() if field == "email" or _is_uid(name) else None
    if user is None:
        raise UnknownThing(f"There is no user {name}.")
    return user


def find_track(uid: str) -> Track:
    """With what `facts_of` needs. Raises UnknownThing."""
    tracks: QuerySet[Track] = Track.objects.select_related("recording", "release").annotate(**rights_annotations())
    track = tracks.filter(uid=uid).first() if _is_uid(uid) else None
    if track is None:
        raise UnknownThing(f"There is no track {uid}.")
    return track


def _is_uid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
