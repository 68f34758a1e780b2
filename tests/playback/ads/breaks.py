"""Asking for breaks and confirming ads, as a player does and as the services are called."""

from datetime import timedelta

import time_machine

from billing.entitlements import Entitlements
from billing.viewer import Viewer
from playback.ads import services
from streaming.lib import clock
from tests.factories.ads import DURATION_MS


def ask(client, *, tracks=3, listened_ms=0, track=None):
    body = {"tracks": tracks, "listened_ms": listened_ms, "track": str(track.uid) if track else None}
    return client.post("/api/v1/ad-breaks", body, format="json")


def heard(client, impression, *, listened_ms=DURATION_MS):
    body = {"impression": impression, "listened_ms": listened_ms}
    return client.post("/api/v1/ad-impressions", body, format="json")


def viewer_for(user, *, market):
    """The viewer of a free listener, without a request."""
    return Viewer(
        user_id=user.pk,
        user_uid=user.uid,
        session_uid=None,
        market=market,
        entitlements=Entitlements(),
        hide_explicit=False,
    )


def give(user, *, tracks=3, listened_ms=0, track_uid=None, market="US"):
    viewer = viewer_for(user, market=market)
    return services.give_break(viewer=viewer, tracks=tracks, listened_ms=listened_ms, track_uid=track_uid)


def count(user, token, *, listened_ms=DURATION_MS):
    return services.count_impression(user_id=user.pk, user_uid=user.uid, token=token, listened_ms=listened_ms)


def later(**passed):
    """The clock that much later, standing still."""
    return time_machine.travel(clock.now() + timedelta(**passed), tick=False)
