import uuid
from datetime import timedelta

import factory

from catalog.ingest.models import Asset
from catalog.music import services
from catalog.music.models import Recording
from playback.ads.models import Advertiser, Campaign, Creative
from streaming.lib import clock
from tests.factories.catalog import _finished_job

DURATION_MS = 12_000


class AdvertiserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Advertiser

    name = factory.Sequence(lambda n: f"Advertiser {n}")


class CampaignFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Campaign
        skip_postgeneration_save = True

    advertiser = factory.SubFactory(AdvertiserFactory)
    name = factory.Sequence(lambda n: f"Campaign {n}")
    starts_at = factory.LazyFunction(lambda: clock.now() - timedelta(days=1))
    ends_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=9))
    budget = 1000
    minutes_between = 0
    click_url = "https://shop.example.com/spring"

    @factory.post_generation
    def genres(self, create, chosen, **kwargs):
        self.genres.set(chosen or [])


class CreativeFactory(factory.django.DjangoModelFactory):
    """An ad with a published asset; `ready=False` leaves it without, `banner=True` adds one."""

    class Meta:
        model = Creative
        skip_postgeneration_save = True

    campaign = factory.SubFactory(CampaignFactory)
    recording = factory.LazyFunction(lambda: Recording.objects.create(kind=Recording.Kind.AD, title="Spring sale"))

    @factory.post_generation
    def ready(self, create, quality, **kwargs):
        if quality is not False:
            publish_ad(self.recording, quality=quality or Asset.Quality.STANDARD)

    @factory.post_generation
    def banner(self, create, wanted, **kwargs):
        if wanted:
            publish_ad(self.recording, quality=Asset.Quality.BANNER)


def publish_ad(recording: Recording, *, quality: str, duration_ms: int = DURATION_MS) -> Asset:
    """Publish an asset of an ad's recording, as a finished ingest does."""
    picture = quality == Asset.Quality.BANNER
    asset = Asset.objects.create(
        recording=recording,
        quality=quality,
        job=_finished_job(recording=recording),
        claim=uuid.uuid4(),
        duration_ms=None if picture else duration_ms,
        loudness_lufs=None if picture else -10.0,
        true_peak_db=None if picture else -1.5,
        color="#c2410c" if picture else "",
        ready_at=clock.now(),
    )
    if not picture:
        services.publish_recording(recording_id=recording.pk, duration_ms=duration_ms)
        recording.refresh_from_db()
    return asset
