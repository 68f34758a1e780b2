import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.users.emails import normalise_email
from accounts.users.passwords import as_tried
from streaming.lib import clock

market_validator = RegexValidator(r"\A[A-Z]{2}\Z", "A market is an ISO 3166-1 alpha-2 country code such as US.")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalise_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """An account. `uid` is what clients see; a UUIDv4, since when somebody joined is nobody's business.

    `market_changed_at` is when the market was last changed by its owner; None since sign-up. `explicit_lock` is the
    hash of the PIN that switching the explicit-content filter off asks for; empty without a lock.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    display_name = models.CharField(max_length=80, blank=True)
    market = models.CharField(max_length=2, default="US", validators=[market_validator])
    market_changed_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )
    language = models.CharField(max_length=35, default="en", help_text="BCP 47")
    hide_explicit = models.BooleanField(default=False)
    explicit_lock = models.CharField(max_length=128, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    erased_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )

    USERNAME_FIELD = "email"

    objects = UserManager()

    class Meta:
        # One spelling per address, whoever writes it: unique alone would let two cases be two accounts.
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_in_lower_case")]

    def __str__(self) -> str:
        return self.email

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(as_tried(raw_password or ""))

    def clean(self) -> None:
        super().clean()
        self.email = normalise_email(self.email)
