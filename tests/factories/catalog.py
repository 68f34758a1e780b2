import uuid
from datetime import UTC, date, datetime

import factory
from django.contrib.auth.models import Group

from catalog.ingest.models import Asset, IngestJob, Master
from catalog.music import services
from catalog.music.models import (
    Artist,
    Genre,
    Label,
    Membership,
    Recording,
    RecordingCredit,
    Release,
    ReleaseCredit,
    Track,
)
from catalog.music.staff import ensure_staff
from catalog.playlists.models import Playlist, PlaylistEntry
from catalog.playlists.rules import STEP
from catalog.rights.models import Rule
from streaming.lib import clock
from tests.factories.accounts import UserFactory


class LabelFactory(factory.django.DjangoModelFactory):
    """A label whose music may be played anywhere by anybody; `rule=False` leaves it without a rule."""

    class Meta:
        model = Label
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Label {n}")

    @factory.post_generation
    def rule(self, create, wanted, **kwargs):
        if wanted is not False:
            Rule.objects.create(label=self)


class GenreFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Genre

    slug = factory.Sequence(lambda n: f"genre-{n}")
    name = factory.Sequence(lambda n: f"Genre {n}")


class ArtistFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Artist

    name = factory.Sequence(lambda n: f"Artist {n}")


class ReleaseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Release
        skip_postgeneration_save = True

    label = factory.SubFactory(LabelFactory)
    title = factory.Sequence(lambda n: f"Release {n}")
    released_on = date(2020, 1, 1)
    announced_at = datetime(2019, 12, 1, tzinfo=UTC)

    @factory.post_generation
    def by(self, create, artists, **kwargs):
        for position, artist in enumerate(artists or [ArtistFactory()]):
            ReleaseCredit.objects.create(release=self, artist=artist, position=position)


class RecordingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Recording
        skip_postgeneration_save = True

    label = factory.Maybe(
        factory.LazyAttribute(lambda made: made.kind != Recording.Kind.AD), factory.SubFactory(LabelFactory)
    )
    title = factory.Sequence(lambda n: f"Song {n}")
    kind = Recording.Kind.AUDIO

    @factory.post_generation
    def by(self, create, artists, **kwargs):
        for position, artist in enumerate(artists or [ArtistFactory()]):
            RecordingCredit.objects.create(recording=self, artist=artist, position=position)


class TrackFactory(factory.django.DjangoModelFactory):
    """A track with a published asset; `ready=False` leaves it without."""

    class Meta:
        model = Track
        skip_postgeneration_save = True

    release = factory.SubFactory(ReleaseFactory)
    recording = factory.SubFactory(RecordingFactory, label=factory.SelfAttribute("..release.label"))
    number = factory.Sequence(lambda n: n % 900 + 1)

    @factory.post_generation
    def ready(self, create, wanted, **kwargs):
        if wanted is not False:
            publish(self)


class PlaylistFactory(factory.django.DjangoModelFactory):
    """A public one without an owner; `tracks` puts these on it."""

    class Meta:
        model = Playlist
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Playlist {n}")
    visibility = Playlist.Visibility.PUBLIC
    secret = factory.LazyAttribute(lambda made: uuid.uuid4() if made.visibility == "unlisted" else None)

    @factory.post_generation
    def tracks(self, create, tracks, **kwargs):
        PlaylistEntry.objects.bulk_create(
            PlaylistEntry(playlist=self, track=track, rank=STEP * place) for place, track in enumerate(tracks or (), 1)
        )


def publish(track: Track, *, duration_ms: int = 60_000) -> Asset:
    """Publish an asset for the track's recording, as a finished ingest does."""
    now = clock.now()
    quality = Asset.Quality.VIDEO if track.recording.kind == Recording.Kind.VIDEO else Asset.Quality.STANDARD
    Asset.objects.current().filter(recording=track.recording).update(replaced_at=now)
    asset = Asset.objects.create(
        recording=track.recording,
        quality=quality,
        job=_finished_job(recording=track.recording),
        claim=uuid.uuid4(),
        duration_ms=duration_ms,
        loudness_lufs=-10.0,
        true_peak_db=-1.5,
        ready_at=now,
    )
    services.publish_recording(
        recording_id=track.recording_id, duration_ms=duration_ms, loudness_lufs=-10.0, true_peak_db=-1.5
    )
    track.refresh_from_db()
    track.recording.refresh_from_db()
    return asset


def publish_cover(release: Release) -> Asset:
    return Asset.objects.create(
        release=release,
        quality=Asset.Quality.ARTWORK,
        job=_finished_job(release=release),
        claim=uuid.uuid4(),
        color="#c2410c",
        ready_at=clock.now(),
    )


def staff_of(*labels: Label, role: str = Membership.Role.MEMBER, **who):
    """A new user in the teams of these labels, as an invitation that was accepted leaves them."""
    ensure_staff()
    user = UserFactory(is_staff=True, **who)
    user.groups.add(Group.objects.get(name="label staff"))
    for label in labels:
        Membership.objects.create(user=user, label=label, role=role)
    return user


def _finished_job(**thing) -> IngestJob:
    master = Master.objects.create(
        key=f"tests/{uuid.uuid4()}",
        filename="a.wav",
        size=1,
        content_type="audio/wav",
        uploaded_at=clock.now(),
        **thing,
    )
    return IngestJob.objects.create(master=master, state=IngestJob.State.READY, progress=100, finished_at=clock.now())
