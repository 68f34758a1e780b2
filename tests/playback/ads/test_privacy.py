from accounts.privacy.registry import sections
from playback.ads.models import Impression
from tests.factories.ads import CreativeFactory
from tests.playback.ads.breaks import count, give, later


def test_an_export_has_the_impressions_of_this_person_alone(bob, charlie):
    creative = CreativeFactory()
    ad = give(bob)
    give(charlie)
    with later(minutes=1):
        count(bob, ad.impression)

    [row] = sections()["ads"](bob)

    impression = Impression.objects.get(listener=bob)
    assert row == {
        "uid": impression.uid,
        "advertiser": creative.campaign.advertiser.name,
        "title": "Spring sale",
        "market": "US",
        "held_at": impression.held_at,
        "counted_at": impression.counted_at,
        "clicked_at": None,
    }


def test_who_is_deleted_leaves_the_impression(bob):
    CreativeFactory()
    give(bob)

    bob.delete()

    assert Impression.objects.get().listener is None
