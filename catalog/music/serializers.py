"""How music is shown in the API: rows of lists, and what a page about one thing adds to them."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.viewer import viewer_of
from catalog.music.lyrics import parse_lrc
from catalog.music.models import Artist, Genre, Label, Lyrics, Membership, Release, Track
from catalog.music.rules import line_of
from catalog.rights.queries import audience_of, facts_of, facts_of_release
from catalog.rights.rules import Audience, Playability, Reason, playability, playability_of_all
from streaming.lib import clock
from streaming.lib.links import sign_asset

ARTWORK_SIZES = {"small": 320, "large": 1000, "full": 1400}


class ArtworkFilesSerializer(serializers.Serializer[Any]):
    small = serializers.URLField(help_text="320 px square.")
    large = serializers.URLField(help_text="1000 px square.")
    full = serializers.URLField(help_text="1400 px square.")


class ArtworkSerializer(ArtworkFilesSerializer):
    """WebP; `jpeg` has the same pictures for what can't show that."""

    jpeg = ArtworkFilesSerializer(help_text="The same as JPEG.")
    color = serializers.CharField(help_text="The dominant colour, #rrggbb, to show until the picture is there.")


@extend_schema_field(ArtworkSerializer(allow_null=True))
class ArtworkField(serializers.Field[Any, Any, Any, Any]):
    """Signed links from the annotation `cover`.

    The time of issue is rounded to the hour, so that lists repeat the same address and a browser keeps its copy.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs, source="*", read_only=True)

    def to_representation(self, value: Any) -> dict[str, Any] | None:
        if value.cover is None:
            return None
        hour = int(clock.now().timestamp()) // 3600 * 3600
        links = sign_asset(
            base_url=settings.MEDIA_BASE_URL,
            key=settings.MEDIA_LINK_KEYS[0],
            asset=UUID(value.cover["uid"]),
            issued_at=hour,
        )

        def files(suffix: str) -> dict[str, str]:
            return {name: links.url(f"{size}.{suffix}") for name, size in ARTWORK_SIZES.items()}

        return {**files("webp"), "jpeg": files("jpg"), "color": value.cover["color"]}


class ArtistRefSerializer(serializers.ModelSerializer[Artist]):
    class Meta:
        model = Artist
        fields = ["uid", "name"]
        read_only_fields = fields


# This and the next are for all rows of all pages: making fields anew for each row took a tenth of a list's time. They
# keep no state.
_ARTIST_REF = ArtistRefSerializer()


class ArtistSerializer(ArtistRefSerializer):
    artwork = ArtworkField()

    class Meta(ArtistRefSerializer.Meta):
        fields = [*ArtistRefSerializer.Meta.fields, "artwork"]


class ArtistDetailSerializer(ArtistSerializer):
    aliases: Any = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta(ArtistSerializer.Meta):
        fields = [*ArtistSerializer.Meta.fields, "sort_name", "native_name", "aliases"]


class GenreSerializer(serializers.ModelSerializer[Genre]):
    class Meta:
        model = Genre
        fields = ["slug", "name"]
        read_only_fields = fields


class ReleaseRefSerializer(serializers.ModelSerializer[Release]):
    class Meta:
        model = Release
        fields = ["uid", "title"]
        read_only_fields = fields


_RELEASE_REF = ReleaseRefSerializer()


class RestrictionSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(help_text=f"{', '.join(Reason)}; the list may grow.")
    available_from = serializers.DateTimeField(allow_null=True, help_text="Of NOT_YET_RELEASED: when it may be played.")
    unlock = serializers.CharField(allow_null=True, help_text="Of NOT_ENTITLED: the tier that opens it, if one does.")


class Judged(serializers.Serializer[Any]):
    """A row that says whether it can be played."""

    is_playable = serializers.SerializerMethodField()
    available_until = serializers.SerializerMethodField()
    restriction = serializers.SerializerMethodField()

    def judge(self, row: Any, audience: Audience) -> Playability:
        raise NotImplementedError

    def get_is_playable(self, row: Any) -> bool:
        return self._playability(row).is_playable

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_available_until(self, row: Any) -> Any:
        return self._playability(row).available_until

    @extend_schema_field(RestrictionSerializer(allow_null=True))
    def get_restriction(self, row: Any) -> Any:
        restriction = self._playability(row).restriction
        return RestrictionSerializer(restriction).data if restriction else None

    def _playability(self, row: Any) -> Playability:
        """Judged once for the three fields of a row."""
        if not hasattr(row, "judged"):
            row.judged = self.judge(row, self._audience)
        judged: Playability = row.judged
        return judged

    @cached_property
    def _audience(self) -> Audience:
        """One moment for the whole list."""
        return audience_of(viewer_of(self.context["request"]))


class CreditSerializer(serializers.Serializer[Any]):
    uid = serializers.UUIDField(source="artist.uid")
    name = serializers.CharField(source="artist.name")
    role = serializers.CharField(help_text="main, featured and others; new ones may come.")


class TrackReleaseSerializer(ReleaseRefSerializer):
    artwork = ArtworkSerializer(allow_null=True)

    class Meta(ReleaseRefSerializer.Meta):
        fields = [*ReleaseRefSerializer.Meta.fields, "artwork"]


class TrackSerializer(Judged, serializers.ModelSerializer[Track]):
    title = serializers.CharField(source="recording.title")
    kind = serializers.ChoiceField(source="recording.kind", choices=["audio", "video"])
    duration_ms = serializers.IntegerField(source="recording.duration_ms")
    explicit = serializers.BooleanField(source="recording.explicit")
    version_title = serializers.CharField(source="recording.version_title")
    isrc = serializers.CharField(source="recording.isrc", allow_null=True)
    artists = CreditSerializer(source="recording.line", many=True, help_text="Those in the line under the title.")
    artist_line = serializers.SerializerMethodField(help_text="Their names as one text: “A feat. B”.")
    release = serializers.SerializerMethodField()

    class Meta:
        model = Track
        fields = [
            "uid", "title", "version_title", "kind", "isrc", "duration_ms", "explicit", "disc", "number",
            "artists", "artist_line", "release", "is_playable", "available_until", "restriction",
        ]  # fmt: skip
        read_only_fields = fields

    def get_artist_line(self, track: Any) -> str:
        return line_of(track.recording.line)

    @extend_schema_field(TrackReleaseSerializer)
    def get_release(self, track: Track) -> Any:
        return {**_RELEASE_REF.to_representation(track.release), "artwork": ArtworkField().to_representation(track)}

    def judge(self, row: Any, audience: Audience) -> Playability:
        return playability(facts_of(row), audience)


class LabelRefSerializer(serializers.ModelSerializer[Label]):
    class Meta:
        model = Label
        fields = ["uid", "name"]
        read_only_fields = fields


class TrackDetailSerializer(TrackSerializer):
    credits = CreditSerializer(source="recording.credits", many=True, help_text="All of them, in order.")
    lyrics = serializers.SerializerMethodField(help_text="The languages that there are lyrics in.")

    class Meta(TrackSerializer.Meta):
        fields = [*TrackSerializer.Meta.fields, "credits", "lyrics"]

    def get_lyrics(self, track: Track) -> list[str]:
        return sorted(words.language for words in track.recording.lyrics.all())


class LyricsLineSerializer(serializers.Serializer[Any]):
    start_ms = serializers.IntegerField()
    text = serializers.CharField()


class LyricsSerializer(serializers.ModelSerializer[Lyrics]):
    lines = serializers.SerializerMethodField(help_text="With times, in their order; empty where there are none.")

    class Meta:
        model = Lyrics
        fields = ["language", "text", "lines"]
        read_only_fields = fields

    @extend_schema_field(LyricsLineSerializer(many=True))
    def get_lines(self, lyrics: Lyrics) -> Any:
        return LyricsLineSerializer(parse_lrc(lyrics.timed), many=True).data


class ReleaseSerializer(Judged, ReleaseRefSerializer):
    artists = serializers.SerializerMethodField()
    artist_line = serializers.SerializerMethodField(help_text="Their names as one text: “A & B”.")
    label = LabelRefSerializer()  # type: ignore[assignment]  # a field named label
    genres = GenreSerializer(many=True)
    artwork = ArtworkField()
    track_count = serializers.IntegerField()

    class Meta(ReleaseRefSerializer.Meta):
        fields = [
            *ReleaseRefSerializer.Meta.fields, "version_title", "kind", "upc", "released_on", "released_precision",
            "language", "p_line", "c_line", "label", "artists", "artist_line", "genres", "artwork", "track_count",
            "is_playable", "available_until", "restriction",
        ]  # fmt: skip
        read_only_fields = fields

    def judge(self, row: Any, audience: Audience) -> Playability:
        return playability_of_all(facts_of_release(row), audience)

    @extend_schema_field(ArtistRefSerializer(many=True))
    def get_artists(self, release: Any) -> Any:
        return [_ARTIST_REF.to_representation(credit.artist) for credit in release.credits.all()]

    def get_artist_line(self, release: Any) -> str:
        return line_of(release.credits.all())


class ReleaseDetailSerializer(ReleaseSerializer):
    tracks = TrackSerializer(many=True)

    class Meta(ReleaseSerializer.Meta):
        fields = [*ReleaseSerializer.Meta.fields, "tracks"]


class MyArtistSerializer(serializers.ModelSerializer[Membership]):
    uid = serializers.UUIDField(source="artist.uid")
    name = serializers.CharField(source="artist.name")

    class Meta:
        model = Membership
        fields = ["uid", "name", "role"]
        read_only_fields = fields
