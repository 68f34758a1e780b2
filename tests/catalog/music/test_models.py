import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from catalog.music.models import Membership, Recording
from tests.factories import ArtistFactory, LabelFactory, ReleaseFactory, TrackFactory


def test_a_membership_is_of_a_label_or_an_artist_and_not_both(bob):
    with pytest.raises(IntegrityError):
        Membership.objects.create(user=bob, label=LabelFactory(), artist=ArtistFactory())


def test_a_membership_without_a_team_is_refused(bob):
    with pytest.raises(IntegrityError):
        Membership.objects.create(user=bob)


def test_a_user_is_in_a_team_once(bob):
    artist = ArtistFactory()
    Membership.objects.create(user=bob, artist=artist)

    with pytest.raises(IntegrityError):
        Membership.objects.create(user=bob, artist=artist)


def test_a_place_on_a_release_is_taken_once(db):
    release = ReleaseFactory()
    TrackFactory(release=release, disc=1, number=1)

    with pytest.raises(IntegrityError):
        TrackFactory(release=release, disc=1, number=1)


@pytest.mark.parametrize("isrc", ["QZBBT260000", "qzbbt2600001", "QZ-BBT-26-00001", "1ZBBT2600001"])
def test_a_malformed_isrc_is_refused(isrc):
    with pytest.raises(ValidationError, match="ISRC"):
        Recording(title="x", isrc=isrc).full_clean(validate_unique=False, validate_constraints=False)
