"""Says what is for sale, and books the demo’s ads, as an operator does. What is there already is left as it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streaming.devstack.demo.ads import Ad
from streaming.devstack.feeder.admin import Edit, Row, Source
from streaming.devstack.feeder.editor import Editor

ADVERTISERS = Source("playback", "campaign", "advertiser")
CAMPAIGNS = Source("playback", "creative", "campaign")
AD_RECORDINGS = Source("playback", "creative", "recording")
BUDGET = 100_000
PICTURE = ".jpg"


@dataclass(frozen=True)
class Plan:
    """A price at the stand-in for Stripe, and how it is offered."""

    price: str
    period: str
    amount: int


PLANS = (Plan("price_month", "month", 999), Plan("price_year", "year", 9990))


class Seller(Editor):
    def offer(self, known: set[str]) -> None:
        """Offer every plan whose price is not among the known ones."""
        for rank, plan in enumerate(PLANS):
            if plan.price in known:
                continue
            fields: Row = {
                "provider": "stripe",
                "external_id": plan.price,
                "name": "Premium",
                "tier": "paid",
                "period": plan.period,
                "amount": plan.amount,
                "currency": "USD",
                "trial_days": 0,
                "rank": rank,
                "is_offered": True,
            }
            self._admin.add("billing/product", Edit(fields))

    def jingle(self, ad: Ad) -> int:
        """An ad is by nobody."""
        edit = Edit({"kind": "ad", "title": ad.title})
        return self._ensure("catalog/recording", AD_RECORDINGS, f"{ad.title} (ad)", lambda: edit, term=ad.title)

    def advertiser(self, ad: Ad) -> int:
        return self._ensure("playback/advertiser", ADVERTISERS, ad.advertiser, lambda: Edit({"name": ad.advertiser}))

    def campaign(self, ad: Ad) -> int:
        """Everywhere, beside everything, for a year, and as often as there are breaks."""
        shown = f"{ad.title} ({ad.advertiser})"
        return self._ensure("playback/campaign", CAMPAIGNS, shown, lambda: self._campaign_edit(ad), term=ad.title)

    def _campaign_edit(self, ad: Ad) -> Edit:
        ends_on = datetime.now(UTC).date() + timedelta(days=365)
        fields: Row = {
            "advertiser": self.advertiser(ad),
            "name": ad.title,
            "ends_at_0": ends_on.isoformat(),
            "ends_at_1": "00:00:00",
            "budget": BUDGET,
            "daily_cap": 1000,
            "minutes_between": 0,
            "click_url": ad.address,
        }
        return Edit(fields, {"creatives": [{"recording": self.jingle(ad), "is_active": True}]})

    def files(self, ad: Ad, *, banner: Callable[[], Path], master: Callable[[], Path]) -> Iterator[str]:
        """Upload banner and sound, unless they were uploaded before; their masters' uids.

        The page shows the newest one: the banner goes first, so that the sound there says that both are.
        """
        pk = self.jingle(ad)
        newest = self._admin.newest_master("catalog/recording", pk)
        if newest is None:
            yield self._admin.upload("recording", pk, banner())
        elif not self._admin.upload_state(newest)["filename"].endswith(PICTURE):
            yield newest
            return
        yield self._admin.upload("recording", pk, master())
