from datetime import date, datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q

from streaming.lib import clock, ids
from streaming.lib.records import UNPUSHED, RecordRow

isrc_validator = RegexValidator(
    r"\A[A-Z]{2}[A-Z0-9]{3}\d{7}\Z", "An ISRC has twelve characters without hyphens, such as QZBBT2600001."
)


class Label(models.Model):
    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    name = models.CharField(max_length=120, unique=True)

    def __str__(self) -> str:
        return self.name


class Genre(models.Model):
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ArtistQuerySet(models.QuerySet["Artist"]):
    def visible(self) -> "ArtistQuerySet":
        """Artists with something to play."""
        tracks = Track.objects.visible().filter(recording__credits__artist=OuterRef("pk"))
        return self.filter(Exists(tracks))


class Artist(models.Model):
    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    name = models.CharField(max_length=160)
    sort_name = models.CharField(max_length=160, blank=True, help_text="For lists: “Band, The”. Empty means the name.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ArtistQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class ReleaseQuerySet(models.QuerySet["Release"]):
    def visible(self) -> "ReleaseQuerySet":
        """Releases with something to play."""
        return self.filter(Exists(Track.objects.visible().filter(release=OuterRef("pk"))))


class Release(models.Model):
    class Kind(models.TextChoices):
        ALBUM = "album", "Album"
        SINGLE = "single", "Single"
        EP = "ep", "EP"
        COMPILATION = "compilation", "Compilation"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="releases")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.ALBUM)
    released_on = models.DateField(default=date.today)
    genres = models.ManyToManyField(Genre, blank=True, related_name="releases")
    artists = models.ManyToManyField(Artist, through="ReleaseCredit", related_name="releases")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        # The order of release lists, newest first.
        indexes = [models.Index(fields=["-released_on", "-id"], name="release_newest")]

    def __str__(self) -> str:
        return self.title


class ReleaseCredit(models.Model):
    """An artist whom a release is by, in order."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="credits")
    artist = models.ForeignKey(Artist, on_delete=models.PROTECT, related_name="release_credits")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["release", "artist"], name="release_credit_once")]

    def __str__(self) -> str:
        return f"{self.artist} on {self.release}"


class Recording(models.Model):
    class Kind(models.TextChoices):
        AUDIO = "audio", "Audio"
        VIDEO = "video", "Video"
        AD = "ad", "Ad"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.AUDIO)
    title = models.CharField(max_length=200)
    isrc: "models.CharField[str | None, str | None]" = models.CharField(
        "ISRC", max_length=12, null=True, blank=True, unique=True, validators=[isrc_validator]
    )
    explicit = models.BooleanField(default=False)
    artists = models.ManyToManyField(Artist, through="RecordingCredit", related_name="recordings")
    duration_ms: "models.PositiveIntegerField[int | None, int | None]" = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text="Measured at ingest."
    )
    ready_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its first asset was published; before, nobody sees it."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        """A song and its video often share a title, and an editor chooses between them by this text."""
        return self.title if self.kind == self.Kind.AUDIO else f"{self.title} ({self.get_kind_display().lower()})"


class RecordingCredit(models.Model):
    class Role(models.TextChoices):
        MAIN = "main", "Main artist"
        FEATURED = "featured", "Featured artist"

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="credits")
    artist = models.ForeignKey(Artist, on_delete=models.PROTECT, related_name="credits")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MAIN)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["recording", "artist"], name="recording_credit_once")]

    def __str__(self) -> str:
        return f"{self.artist} on {self.recording}"


class TrackQuerySet(models.QuerySet["Track"]):
    def visible(self) -> "TrackQuerySet":
        """Tracks with a published asset. Ads are recordings too, and never in the catalogue."""
        return self.filter(recording__ready_at__isnull=False).exclude(recording__kind=Recording.Kind.AD)


class Track(RecordRow):
    """A recording's place on a release. Its record (design §8) is what a play ticket is made from."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="tracks")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="tracks")
    disc = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(99)])
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(999)])

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ["disc", "number"]
        constraints = [models.UniqueConstraint(fields=["release", "disc", "number"], name="track_place_once")]
        indexes = [models.Index(fields=["id"], name="track_unpushed", condition=UNPUSHED)]

    def __str__(self) -> str:
        return f"{self.disc}.{self.number} {self.recording}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_artists(self, user_id: int) -> "MembershipQuerySet":
        return self.filter(user_id=user_id, artist__isnull=False)


class Membership(models.Model):
    """A user in the team of one label or one artist."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        MEMBER = "member", "Member"
        READER = "reader", "Read-only"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    artist = models.ForeignKey(Artist, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(label=None, artist__isnull=False) | Q(label__isnull=False, artist=None),
                name="membership_of_one_team",
                violation_error_message="Choose a label or an artist, not both.",
            ),
            models.UniqueConstraint(fields=["user", "label"], name="membership_label_once"),
            models.UniqueConstraint(fields=["user", "artist"], name="membership_artist_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.label or self.artist}"
