"""Pictures and sound for staff pages: signed links to the current assets, which play from the edge as for listeners."""

from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.utils.html import format_html

from catalog.ingest.models import Asset, Master
from streaming.lib import clock
from streaming.lib.links import sign_asset

SMALL_COVER = "320.webp"
LARGE_COVER = "1000.webp"
# One file a rendition: a plain player can seek in it by ranges.
SOUND = "a96.mp4"


def current_assets(lookup: str = "assets") -> "Prefetch[str]":
    """Prefetches what `cover_of` shows."""
    return Prefetch(lookup, queryset=Asset.objects.current(), to_attr="current_assets")


def masters_with_jobs(lookup: str = "masters") -> "Prefetch[str]":
    """Prefetches what `ingest_state` reads, in one query and without what it does not read."""
    read = ("state", "stage", "progress", "error_message", "warning")
    rows = Master.objects.filter(uploaded_at__isnull=False).select_related("job").order_by("pk")
    rows = rows.only("recording", "release", "filename", *(f"job__{name}" for name in read))
    # As an attribute: a queryset for each row costs more than the rows.
    return Prefetch(lookup, queryset=rows, to_attr="uploaded")


def link_to(asset: Asset, file: str) -> str:
    """Good for six hours. Rounded to the hour, so that a list repeats the address and the browser keeps its copy."""
    hour = int(clock.now().timestamp()) // 3600 * 3600
    signed = sign_asset(
        base_url=settings.MEDIA_BASE_URL, key=settings.MEDIA_LINK_KEYS[0], asset=asset.uid, issued_at=hour
    )
    return signed.url(file)


def cover_of(release: Any, *, px: int) -> str:
    """The cover as a picture of that size, or nothing. Its box is fixed, and its colour is there before the picture."""
    asset = next((one for one in release.current_assets if one.quality == Asset.Quality.ARTWORK), None)
    if asset is None:
        return ""
    file = SMALL_COVER if px <= 160 else LARGE_COVER
    return format_html(
        '<img class="bb-cover" src="{}" width="{}" height="{}" alt="Cover" loading="lazy" style="background:{}">',
        link_to(asset, file), px, px, asset.color,
    )  # fmt: skip


def player_of(recording: Any) -> str:
    """A player of the published sound, or nothing. One query."""
    asset = Asset.objects.current().filter(recording=recording, quality=Asset.Quality.STANDARD).first()
    if asset is None:
        return ""
    return format_html(
        '<audio class="bb-player" controls preload="none" src="{}" aria-label="Listen to {}"></audio>',
        link_to(asset, SOUND), recording.title,
    )  # fmt: skip
