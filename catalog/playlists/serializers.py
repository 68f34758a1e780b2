"""How playlists are shown, and what edits of them look like."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.viewer import viewer_of
from catalog.music.serializers import ArtworkField, TrackSerializer
from catalog.playlists.covers import CONTENT_TYPES, MAX_BYTES
from catalog.playlists.models import Playlist, PlaylistEntry

AT_ONCE = 1_000


class OwnerSerializer(serializers.Serializer[Any]):
    display_name = serializers.CharField()


class SentCoverSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=["uploading", "checking", "refused"])
    refusal = serializers.CharField(help_text="Why, and what to do; empty while it is not refused.")


class PlaylistSerializer(serializers.ModelSerializer[Playlist]):
    owner = OwnerSerializer(allow_null=True, help_text="null: editorial.")
    artwork = ArtworkField()
    sent_cover = serializers.SerializerMethodField(help_text="Of mine, a picture that was sent and is not shown.")
    is_mine = serializers.SerializerMethodField()
    secret = serializers.SerializerMethodField(help_text="Of an unlisted one of mine; null else.")
    entry_count = serializers.IntegerField(help_text="Of those that I see.")

    class Meta:
        model = Playlist
        fields = [
            "uid", "name", "description", "visibility", "owner", "is_mine", "secret", "artwork", "sent_cover",
            "entry_count", "revision", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_mine(self, playlist: Playlist) -> bool:
        user_id = viewer_of(self.context["request"]).user_id
        return user_id is not None and playlist.owner_id == user_id

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_secret(self, playlist: Playlist) -> uuid.UUID | None:
        """Whoever was given the link does not learn here that it is the one."""
        return playlist.secret if self.get_is_mine(playlist) else None

    @extend_schema_field(SentCoverSerializer(allow_null=True))
    def get_sent_cover(self, playlist: Any) -> dict[str, str] | None:
        if not self.get_is_mine(playlist) or playlist.cover_state is None:
            return None
        return {"state": playlist.cover_state, "refusal": playlist.cover_refusal}


class CoverStartSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField(min_value=1, max_value=MAX_BYTES, help_text="Bytes.")
    content_type = serializers.ChoiceField(choices=CONTENT_TYPES)


class CoverUploadSerializer(serializers.Serializer[Any]):
    upload = serializers.UUIDField(source="cover.uid")
    url = serializers.CharField(help_text="Takes one PUT of exactly that many bytes, for an hour.")
    headers = serializers.DictField(child=serializers.CharField(), help_text="Exactly these go with it.")


class CoverConfirmSerializer(serializers.Serializer[Any]):
    upload = serializers.UUIDField()


class EntrySerializer(serializers.ModelSerializer[PlaylistEntry]):
    track = TrackSerializer()

    class Meta:
        model = PlaylistEntry
        fields = ["uid", "added_at", "track"]
        read_only_fields = fields


class CreateSerializer(serializers.ModelSerializer[Playlist]):
    class Meta:
        model = Playlist
        fields = ["name", "description", "visibility"]


class CopySerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100, required=False, help_text="Without it, the name of the original.")


def _uids(what: str) -> Any:
    return serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=AT_ONCE, help_text=f"1 to {AT_ONCE} {what}."
    )


class BeforeSerializer(serializers.Serializer[Any]):
    before = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="The entry that comes after them; null: the end."
    )


class AddSerializer(BeforeSerializer):
    tracks = _uids("tracks; one may come several times")
    skip_present = serializers.BooleanField(default=False, help_text="Leave out what is on the playlist already.")


class RemoveSerializer(serializers.Serializer[Any]):
    entries = _uids("entries")


class MoveSerializer(BeforeSerializer):
    entries = _uids("different entries, in the order that they will have")

    def validate_entries(self, entries: list[uuid.UUID]) -> list[uuid.UUID]:
        if len(set(entries)) < len(entries):
            raise serializers.ValidationError("Name each entry once.")
        return entries


class SkippedTrackSerializer(serializers.Serializer[Any]):
    track = serializers.UUIDField()
    reason = serializers.CharField(help_text="NOT_FOUND, ALREADY_THERE or FULL; the list may grow.")


class AddedEntrySerializer(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    track = serializers.UUIDField()


class RevisionSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField(help_text='For the next edit: `If-Match: "revision"`.')


class AddedSerializer(RevisionSerializer):
    added = AddedEntrySerializer(many=True)
    skipped = SkippedTrackSerializer(many=True)
