"""Labels, artists, releases, recordings and tracks, and the teams of labels and artists."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from catalog.music.validators import (
    ISRC_SHAPE,
    LANGUAGE_SHAPE,
    UPC_SHAPE,
    taken,
    validate_isrc,
    validate_language,
    validate_lrc,
    validate_upc,
)
from streaming.lib import clock, ids
from streaming.lib.records import UNPUSHED, RecordRow


def letters_of(column: str, name: str) -> GinIndex:
    """Finds a part of a word, as the admin's search asks for it."""
    return GinIndex(OpClass(Upper(column), name="gin_trgm_ops"), name=name)


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


class Artist(models.Model):
    """A name on covers. The label that entered it may edit it; without one only editors may."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, null=True, blank=True, related_name="artists")
    name = models.CharField(max_length=160)
    sort_name = models.CharField(max_length=160, blank=True, help_text="For lists: “Band, The”. Empty means the name.")
    native_name = models.CharField(max_length=160, blank=True, help_text="In the artist’s own script: “坂本龍一”.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        indexes = [letters_of("name", "artist_name_letters"), letters_of("native_name", "artist_native_letters")]

    def __str__(self) -> str:
        return self.name


class ArtistAlias(models.Model):
    """Another name that people know the artist by, or type."""

    artist = models.ForeignKey(Artist, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=160)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "artist aliases"
        constraints = [models.UniqueConstraint(fields=["artist", "name"], name="artist_alias_once")]

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    class Kind(models.TextChoices):
        ALBUM = "album", "Album"
        SINGLE = "single", "Single"
        EP = "ep", "EP"
        COMPILATION = "compilation", "Compilation"

    class Precision(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"
        YEAR = "year", "Year"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="releases")
    title = models.CharField(max_length=200)
    version_title = models.CharField(max_length=80, blank=True, help_text="“Deluxe edition”, apart from the title.")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.ALBUM)
    upc: "models.CharField[str | None, str | None]" = models.CharField(
        "UPC", max_length=13, null=True, blank=True, unique=True, validators=[validate_upc], help_text="UPC or EAN."
    )
    released_on = models.DateField(
        default=date.today, help_text="Shown as its date; nobody hears it before this day begins where they are."
    )
    released_precision = models.CharField(
        "precision", max_length=5, choices=Precision.choices, default=Precision.DAY, help_text="What is known of it."
    )
    announced_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, help_text="Before this moment nobody sees that it exists. Empty: a draft."
    )
    language = models.CharField(max_length=35, blank=True, validators=[validate_language], help_text="BCP 47.")
    p_line = models.CharField("℗ line", max_length=200, blank=True, help_text="“2026 Night Bus Records”")
    c_line = models.CharField("© line", max_length=200, blank=True)
    genres = models.ManyToManyField(Genre, blank=True, related_name="releases")
    artists = models.ManyToManyField(Artist, through="ReleaseCredit", related_name="releases")
    loudness_lufs: "models.FloatField[float | None, float | None]" = models.FloatField(
        null=True, blank=True, editable=False, help_text="Of its tracks together, for the album's gain."
    )
    true_peak_db: "models.FloatField[float | None, float | None]" = models.FloatField(
        null=True, blank=True, editable=False
    )
    revision = models.PositiveIntegerField(default=1, editable=False, help_text="Raised by each edit.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(upc=None) | Q(upc__regex=UPC_SHAPE), name="release_upc_shape"),
            models.CheckConstraint(
                condition=Q(language="") | Q(language__regex=LANGUAGE_SHAPE), name="release_language_shape"
            ),
        ]
        # The order of release lists, newest first.
        indexes = [
            models.Index(fields=["-released_on", "-id"], name="release_newest"),
            letters_of("title", "release_title_letters"),
        ]

    def __str__(self) -> str:
        return self.title

    def unique_error_message(self, model_class: Any, unique_check: Sequence[str]) -> ValidationError:
        if tuple(unique_check) == ("upc",):
            return ValidationError(taken("UPC"), code="unique")
        return super().unique_error_message(model_class, unique_check)


class Credit(models.Model):
    """An artist's part in something. The names of a line are joined by what follows each of them."""

    position = models.PositiveSmallIntegerField(default=0)
    join_phrase = models.CharField(
        max_length=20,
        blank=True,
        help_text="Between this name and the next: “ feat. ”, “ & ”. Empty: “, ”.",
    )

    class Meta:
        abstract = True


class ReleaseCredit(Credit):
    """An artist whom a release is by, in order."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="credits")
    artist = models.ForeignKey(Artist, on_delete=models.PROTECT, related_name="release_credits")

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
    label = models.ForeignKey(
        Label, on_delete=models.PROTECT, null=True, blank=True, related_name="recordings", help_text="None for ads."
    )
    title = models.CharField(max_length=200)
    version_title = models.CharField(max_length=80, blank=True, help_text="“Live”, “Remaster”, apart from the title.")
    isrc: "models.CharField[str | None, str | None]" = models.CharField(
        "ISRC", max_length=12, null=True, blank=True, unique=True, validators=[validate_isrc]
    )
    explicit = models.BooleanField(default=False)
    artists = models.ManyToManyField(Artist, through="RecordingCredit", related_name="recordings")
    duration_ms: "models.PositiveIntegerField[int | None, int | None]" = models.PositiveIntegerField(
        null=True, blank=True, editable=False, help_text="Measured at ingest."
    )
    loudness_lufs: "models.FloatField[float | None, float | None]" = models.FloatField(
        null=True, blank=True, editable=False, help_text="Integrated, EBU R128. Measured at ingest."
    )
    true_peak_db: "models.FloatField[float | None, float | None]" = models.FloatField(
        null=True, blank=True, editable=False, help_text="dBTP. Measured at ingest."
    )
    ready_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its first asset was published; before, nobody sees it."
    )
    revision = models.PositiveIntegerField(default=1, editable=False, help_text="Raised by each edit.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="ad") | Q(label__isnull=False),
                name="recording_has_label",
                violation_error_message="Say whose recording it is: choose its label.",
            ),
            models.CheckConstraint(condition=Q(isrc=None) | Q(isrc__regex=ISRC_SHAPE), name="recording_isrc_shape"),
        ]
        indexes = [letters_of("title", "recording_title_letters")]

    def __str__(self) -> str:
        """A song and its video often share a title, and an editor chooses between them by this text."""
        return self.title if self.kind == self.Kind.AUDIO else f"{self.title} ({self.get_kind_display().lower()})"

    def unique_error_message(self, model_class: Any, unique_check: Sequence[str]) -> ValidationError:
        if tuple(unique_check) == ("isrc",):
            return ValidationError(taken("ISRC"), code="unique")
        return super().unique_error_message(model_class, unique_check)


class RecordingCredit(Credit):
    class Role(models.TextChoices):
        MAIN = "main", "Main artist"
        FEATURED = "featured", "Featured artist"
        REMIXER = "remixer", "Remixer"
        PERFORMER = "performer", "Performer"
        PRODUCER = "producer", "Producer"
        COMPOSER = "composer", "Composer"
        LYRICIST = "lyricist", "Lyricist"

    # Who stands in the line under a title; the others are in its credits.
    IN_LINE = (Role.MAIN, Role.FEATURED)

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="credits")
    artist = models.ForeignKey(Artist, on_delete=models.PROTECT, related_name="credits")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MAIN)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["recording", "artist", "role"], name="recording_credit_role_once")
        ]

    def __str__(self) -> str:
        return f"{self.artist} on {self.recording}"


class Lyrics(models.Model):
    """The words of a recording in one language: plain, and with times as LRC."""

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="lyrics")
    language = models.CharField(max_length=35, validators=[validate_language], help_text="BCP 47: en, pt-BR")
    text = models.TextField(help_text="Plain, a line a row.")
    timed = models.TextField(
        blank=True, validators=[validate_lrc], help_text="LRC: “[01:23.45]The words”, a line a row."
    )

    class Meta:
        verbose_name_plural = "lyrics"
        constraints = [
            models.UniqueConstraint(fields=["recording", "language"], name="lyrics_language_once"),
            models.CheckConstraint(condition=Q(language__regex=LANGUAGE_SHAPE), name="lyrics_language_shape"),
        ]

    def __str__(self) -> str:
        return f"{self.recording} ({self.language})"


class Track(RecordRow):
    """A recording's place on a release. Its record (design §8) is what a play ticket is made from."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="tracks")
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="tracks")
    disc = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(99)])
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(999)])

    class Meta:
        ordering = ["disc", "number"]
        constraints = [
            models.UniqueConstraint(fields=["release", "disc", "number"], name="track_place_once"),
            models.CheckConstraint(condition=Q(disc__gte=1, number__gte=1), name="track_place_from_one"),
        ]
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


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, at: datetime) -> "InvitationQuerySet":
        return self.filter(state=Invitation.State.WAITING, expires_at__gt=at)


class Invitation(models.Model):
    """A place in a team that somebody was offered by mail. Its token is in that mail only; the address goes once it is
    answered or over."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for an answer"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"

    label = models.ForeignKey(Label, on_delete=models.CASCADE, null=True, blank=True, related_name="invitations")
    artist = models.ForeignKey(Artist, on_delete=models.CASCADE, null=True, blank=True, related_name="invitations")
    email = models.EmailField("email address", max_length=254, blank=True)
    role = models.CharField(max_length=6, choices=Membership.Role.choices, default=Membership.Role.MEMBER)
    token_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 in hexadecimal.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    answered_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, editable=False
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(label=None, artist__isnull=False) | Q(label__isnull=False, artist=None),
                name="invitation_of_one_team",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(email=""), name="invitation_forgets_whom_once_over"
            ),
            models.UniqueConstraint(
                fields=["label", "email"], condition=Q(state="waiting"), name="invitation_label_once"
            ),
            models.UniqueConstraint(
                fields=["artist", "email"], condition=Q(state="waiting"), name="invitation_artist_once"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="invitation_waiting", condition=Q(state="waiting")),
            models.Index(fields=["email"], name="invitation_of_address", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} of {self.label or self.artist}"
