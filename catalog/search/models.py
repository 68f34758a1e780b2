"""The index backlog, what PostgreSQL itself searches in, and what somebody searched for."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q

from streaming.lib import clock, ids


class Kind(models.TextChoices):
    """What can be found."""

    TRACK = "track", "Track"
    ARTIST = "artist", "Artist"
    RELEASE = "release", "Release"
    PLAYLIST = "playlist", "Playlist"
    VIDEO = "video", "Video"


# A video is a track of kind video: one row of the backlog, whichever of the two its recording makes it.
ROW_KINDS = (Kind.TRACK, Kind.ARTIST, Kind.RELEASE, Kind.PLAYLIST)
UNSTORED = Q(stored_version__lt=F("version"))
UNINDEXED = Q(indexed_version__lt=F("stored_version"))


class IndexRow(models.Model):
    """One row a document, kept when its object is gone. Triggers raise `version` in the transaction of each change
    (migration 0024); the worker notes which version it stored in PostgreSQL and which one Elasticsearch has."""

    kind = models.CharField(max_length=8, choices=[(kind.value, kind.label) for kind in ROW_KINDS])
    key = models.BigIntegerField(help_text="The object's primary key.")
    version = models.BigIntegerField(default=1)
    stored_version = models.BigIntegerField(default=0)
    indexed_version = models.BigIntegerField(default=0)
    fans_out = models.BooleanField(default=False, help_text="What shows its name waits for the same change.")
    popularity = models.PositiveSmallIntegerField(default=0, help_text="The power of two below its streams.")
    changed_at = models.DateTimeField(default=clock.now, help_text="When it began to wait.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="index_row_once")]
        indexes = [
            models.Index(fields=["changed_at"], name="index_row_unstored", condition=UNSTORED),
            models.Index(fields=["changed_at"], name="index_row_unindexed", condition=UNINDEXED),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


def _vector(words: str) -> Any:
    """The words as they are: PostgreSQL's own parser would take some apart."""
    expression = Func(F(words), function="array_to_tsvector")
    return models.GeneratedField(expression=expression, output_field=SearchVectorField(), db_persist=True)


class SearchDocument(models.Model):
    """What a thing is found by, in the spelling of `normalise`. Elasticsearch gets the same."""

    kind = models.CharField(max_length=8, choices=Kind.choices)
    row_kind = models.CharField(max_length=8)
    key = models.BigIntegerField()
    uid: "models.UUIDField[uuid.UUID, uuid.UUID]" = models.UUIDField(unique=True)
    name = models.TextField(help_text="The first of the names.")
    names: "ArrayField[list[str], list[str]]" = ArrayField(models.TextField(), help_text="Compact, whole.")
    accent_names: "ArrayField[list[str], list[str]]" = ArrayField(models.TextField())
    name_words: "ArrayField[list[str], list[str]]" = ArrayField(models.TextField())
    all_words: "ArrayField[list[str], list[str]]" = ArrayField(models.TextField(), help_text="Those of artists, too.")
    name_vector = _vector("name_words")
    all_vector = _vector("all_words")
    genres: "ArrayField[list[str], list[str]]" = ArrayField(models.CharField(max_length=40))
    year: "models.SmallIntegerField[int | None, int | None]" = models.SmallIntegerField(null=True)
    explicit = models.BooleanField(default=False)
    popularity = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["row_kind", "key"], name="search_document_once")]
        indexes = [
            GinIndex(fields=["all_vector"], name="search_document_words"),
            GinIndex(fields=["names"], name="search_document_names"),
            models.Index(OpClass("name", name="text_pattern_ops"), name="search_document_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class SearchWord(models.Model):
    """A word that something of the catalogue has: where the right spelling of a mistyped one is looked up."""

    word = models.CharField(max_length=20, primary_key=True)

    class Meta:
        indexes = [GinIndex(OpClass("word", name="gin_trgm_ops"), name="search_word_letters")]

    def __str__(self) -> str:
        return self.word


# Longer than any spelling of 200 characters.
LONGEST = 800


class RecentSearch(models.Model):
    """A search that its person used, once however it was written. With what was opened from it, if they said so."""

    class Type(models.TextChoices):
        TRACK = "track", "Track"
        RELEASE = "release", "Release"
        ARTIST = "artist", "Artist"
        PLAYLIST = "playlist", "Playlist"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    # The constraint's index begins with the user.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    q = models.CharField(max_length=200, help_text="As it was typed last.")
    normalised = models.CharField(max_length=LONGEST)
    opened_type = models.CharField(max_length=8, choices=Type.choices, blank=True)
    opened_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True)
    used_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "recent searches"
        constraints = [
            models.UniqueConstraint(fields=["user", "normalised"], name="recent_search_once"),
            models.CheckConstraint(
                condition=Q(opened_type="", opened_uid=None) | (~Q(opened_type="") & Q(opened_uid__isnull=False)),
                name="recent_search_opened_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.q
