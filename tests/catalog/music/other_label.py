"""A label whose things label staff of another one must never meet: each text of it holds the mark."""

import uuid
from datetime import UTC, datetime, timedelta

from django.apps import apps

from catalog.ingest.models import Asset, IngestJob, Master, Rendition
from catalog.music.models import ArtistAlias, Invitation, Lyrics, Membership
from catalog.rights.models import RightsChange, Takedown, TakedownEvent
from streaming.lib import clock
from tests.factories import (
    ArtistFactory,
    LabelFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    UserFactory,
)

MARK = "Zebrafish"


def build():
    """Rows by their model's name, for every model of the catalogue that belongs to labels."""
    label = LabelFactory(name=f"{MARK} Records")
    artist = ArtistFactory(name=f"{MARK} Quartet", label=label, sort_name=f"{MARK} Q", native_name=MARK)
    release = ReleaseFactory(
        title=f"{MARK} Dawn", label=label, by=[artist], announced_at=None, upc="4006381333931", p_line=f"2026 {MARK}"
    )
    recording = RecordingFactory(title=f"{MARK} Blues", label=label, by=[artist], isrc="NLA402600077")
    track = TrackFactory(release=release, recording=recording)
    asset = Asset.objects.get(recording=recording)
    job = IngestJob.objects.get(assets=asset)
    Master.objects.filter(pk=job.master_id).update(filename=f"{MARK}.wav")
    fails = Master.objects.create(
        recording=recording, key=f"{MARK}/x", filename=f"{MARK}.mp3", size=1, content_type="a"
    )
    IngestJob.objects.create(
        master=fails, state="failed", error_code="X", error_message=f"{MARK} is noise", finished_at=clock.now()
    )
    takedown = Takedown.objects.create(recording=recording, reason="court", claimant=f"{MARK} Estate", details=MARK)
    person = UserFactory(email="owner@zebrafish.example", display_name=f"{MARK} Owner")
    return {
        "label": label,
        "artist": artist,
        "artistalias": ArtistAlias.objects.create(artist=artist, name=f"{MARK} Four"),
        "release": release,
        "releasecredit": release.credits.get(),
        "recording": recording,
        "recordingcredit": recording.credits.get(),
        "lyrics": Lyrics.objects.create(recording=recording, language="en", text=f"Oh {MARK}"),
        "track": track,
        "membership": Membership.objects.create(user=person, label=label, role="owner"),
        "invitation": Invitation.objects.create(
            label=label, email="new@zebrafish.example", token_hash="0" * 64, expires_at=clock.now() + timedelta(days=1)
        ),
        "master": job.master,
        "ingestjob": job,
        "asset": asset,
        "rendition": Rendition.objects.create(asset=asset, name=f"{MARK}.mp4", codec="mp4a.40.2", size_bytes=1),
        "rule": label.rules.get(),
        "rightschange": RightsChange.objects.create(label=label, thing="label", thing_uid=label.uid, after=[MARK]),
        "takedown": takedown,
        "takedownevent": TakedownEvent.objects.create(takedown=takedown, kind="note", text=MARK),
    }


def uids(rows):
    return [str(row.uid) for row in rows.values() if isinstance(getattr(row, "uid", None), uuid.UUID)]


def snapshot():
    """All of the catalogue's rows, to see that nothing changed."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_app_config("catalog").get_models()
    }


FUTURE = datetime(2099, 1, 1, tzinfo=UTC)
