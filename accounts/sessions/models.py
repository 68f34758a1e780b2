import os
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.users.models import User
from streaming.lib import clock, ids

IDLE_LIMIT = timedelta(days=30)
ABSOLUTE_LIMIT = timedelta(days=180)
SALT_BYTES = 16


def new_salt() -> bytes:
    return os.urandom(SALT_BYTES)


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self) -> "SessionQuerySet":
        """Not ended, within its limits, and of a user who may sign in.

        EXISTS and no join: an UPDATE of these rows must compare them again after it waited for a lock on one.
        """
        now = clock.now()
        return self.filter(
            Exists(User.objects.filter(pk=OuterRef("user_id"), is_active=True)),
            ended_at=None,
            last_used_at__gt=now - IDLE_LIMIT,
            created_at__gt=now - ABSOLUTE_LIMIT,
        )


class Session(models.Model):
    """A signed-in app or browser; its uid is the `sid` of the access tokens.

    `generation` counts rotations of the refresh token, which is derived from uid, `salt` and generation and stored
    nowhere. `attempt_hash` is the SHA-256 of the attempt id of the last rotation. `flow_state` is what the sign-in
    flows keep for a signed-in session (JSON object: re-authentications, a passkey being added).
    """

    class Platform(models.TextChoices):
        IOS = "ios", "iPhone or iPad"
        ANDROID = "android", "Android"
        WEB = "web", "Web"
        OTHER = "other"

    class EndReason(models.TextChoices):
        SIGNED_OUT = "signed_out"
        ENDED_ELSEWHERE = "ended_elsewhere"
        PASSWORD_CHANGED = "password_changed"  # noqa: S105  a reason, not a password
        REUSED = "reused"
        DISABLED = "disabled"
        ERASED = "erased"
        STAFF = "staff"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    name = models.CharField(max_length=80, blank=True)
    platform = models.CharField(max_length=7, choices=Platform.choices, default=Platform.OTHER)
    country = models.CharField(max_length=2, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    last_used_at = models.DateTimeField(default=clock.now, editable=False)
    salt = models.BinaryField(default=new_salt, max_length=SALT_BYTES, editable=False)
    generation = models.PositiveIntegerField(default=0, editable=False)
    rotated_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )
    attempt_hash = models.CharField(max_length=64, blank=True, editable=False)
    flow_state = models.JSONField(default=dict, editable=False)
    ended_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )
    end_reason = models.CharField(max_length=16, choices=EndReason.choices, blank=True, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        permissions = [("end_sessions", "Can end the sessions of a user")]
        indexes = [
            # Where I am signed in, by last use.
            models.Index(fields=["user", "-last_used_at"], condition=Q(ended_at=None), name="session_of_user"),
            # The sweep that asserts the newest ends again.
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="session_ended"),
        ]

    def __str__(self) -> str:
        return f"session {self.uid}"


class SigningKey(models.Model):
    """A key for access tokens. The private half is sealed under a key outside the database.

    It signs from `signs_from` on, while no younger key does; its tokens are accepted until `accepted_until` (None:
    until a younger key takes over).
    """

    kid = models.CharField(max_length=16, unique=True, editable=False)
    sealed = models.TextField(editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    signs_from = models.DateTimeField(editable=False)
    accepted_until: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )

    def __str__(self) -> str:
        return self.kid
