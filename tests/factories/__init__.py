from tests.factories.accounts import UserFactory, viewer_of_user
from tests.factories.catalog import (
    ArtistFactory,
    GenreFactory,
    LabelFactory,
    PlaylistFactory,
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
    "PlaylistFactory",
    "RecordingFactory",
    "ReleaseFactory",
    "TrackFactory",
    "UserFactory",
    "publish",
    "publish_cover",
    "staff_of",
    "viewer_of_user",
]
