"""How what was found is shown, and what may be asked."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from catalog.music.serializers import ArtistSerializer, ReleaseSerializer, TrackSerializer
from catalog.playlists.serializers import PlaylistSerializer
from catalog.search.models import Kind
from catalog.search.queries import LAST_PLACE, Found, Row
from catalog.search.rules import Filters, marks

SECTIONS = {
    Kind.TRACK: ("tracks", TrackSerializer),
    Kind.ARTIST: ("artists", ArtistSerializer),
    Kind.RELEASE: ("releases", ReleaseSerializer),
    Kind.PLAYLIST: ("playlists", PlaylistSerializer),
    Kind.VIDEO: ("videos", TrackSerializer),
}


class SuggestRequestSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200)


class SearchRequestSerializer(SuggestRequestSerializer):
    type = serializers.ChoiceField(choices=Kind.choices, required=False)
    genre = serializers.SlugField(max_length=40, required=False)
    year = serializers.IntegerField(min_value=1000, max_value=9999, required=False)
    explicit = serializers.ChoiceField(choices=["true", "false"], required=False)
    limit = serializers.IntegerField(min_value=1, max_value=100, required=False)
    cursor = serializers.RegexField(r"^p[0-9]{1,4}\Z", required=False)

    def validate_cursor(self, cursor: str) -> int:
        place = int(cursor[1:])
        if place >= LAST_PLACE:
            raise serializers.ValidationError("This is not a cursor that we gave out.")
        return place

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        paged = next((name for name in ("limit", "cursor") if name in asked), None)
        if paged and "type" not in asked:
            raise serializers.ValidationError({paged: ["Only one type has pages: send type as well."]})
        return asked


def filters_of(asked: dict[str, Any]) -> Filters:
    explicit = {"true": True, "false": False}.get(asked.get("explicit", ""))
    return Filters(genre=asked.get("genre"), year=asked.get("year"), explicit=explicit)


class TopSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=Kind.choices)
    item = serializers.SerializerMethodField()

    @extend_schema_field(
        PolymorphicProxySerializer(
            component_name="TopItem",
            serializers=[TrackSerializer, ArtistSerializer, ReleaseSerializer, PlaylistSerializer],
            resource_type_field_name=None,
        )
    )
    def get_item(self, top: dict[str, Any]) -> Any:
        return SECTIONS[top["type"]][1](top["item"], context=self.context).data


class HighlightSerializer(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    ranges = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="Places in its name or title, in code points: of the first sign, and after the last.",
    )


class SearchSerializer(serializers.Serializer[Any]):
    query = serializers.CharField()
    top = TopSerializer(allow_null=True, help_text="The best of all; null when nothing was found.")
    tracks = TrackSerializer(many=True)
    artists = ArtistSerializer(many=True)
    releases = ReleaseSerializer(many=True)
    playlists = PlaylistSerializer(many=True)
    videos = TrackSerializer(many=True)
    highlights = HighlightSerializer(many=True, help_text="What of the names was asked for.")
    next = serializers.URLField(allow_null=True, help_text="With type: the next page of it.")


class SuggestionSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    type = serializers.ChoiceField(choices=Kind.choices)
    uid = serializers.UUIDField()


class SuggestionsSerializer(serializers.Serializer[Any]):
    suggestions = SuggestionSerializer(many=True)


def body_of(found: Found, next_page: str | None) -> dict[str, Any]:
    rows = {kind: found.rows.get(kind, []) for kind in Kind}
    top = found.top
    return {
        "query": found.query.text,
        "top": {"type": top.hit.kind, "item": top.shown} if top else None,
        **{name: [row.shown for row in rows[kind]] for kind, (name, _) in SECTIONS.items()},
        "highlights": [one for section in rows.values() for row in section if (one := _highlight(row, found))],
        "next": next_page,
    }


def _highlight(row: Row, found: Found) -> dict[str, Any] | None:
    ranges = marks(_shown_name(row), found.query.words)
    return {"uid": row.hit.uid, "ranges": ranges} if ranges else None


def _shown_name(row: Row) -> str:
    if row.hit.kind in (Kind.TRACK, Kind.VIDEO):
        return str(row.shown.recording.title)
    return str(row.shown.title if row.hit.kind == Kind.RELEASE else row.shown.name)
