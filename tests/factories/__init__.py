from tests.factories.accounts import UserFactory
from tests.factories.catalog import (
    ArtistFactory,
    GenreFactory,
    LabelFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    publish,
    publish_cover,
    staff_of,
)

__all__ = [
    "ArtistFactory",
    "GenreFactory",
    "LabelFactory",
    "RecordingFactory",
    "ReleaseFactory",
    "TrackFactory",
    "UserFactory",
    "publish",
    "publish_cover",
    "staff_of",
]
