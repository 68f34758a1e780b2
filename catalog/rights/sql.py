"""Visibility as SQL text. Texts are put together once: building and compiling the same of querysets took a third of a
page's time."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Field, Func
from django.db.models.sql.compiler import SQLCompiler

_PARAM = re.compile(r"%\((\w+)\)s")


class Fragment(Func):
    """SQL text about a row. `{name}` is a column of it, compiled by Django so that its table is found under any alias;
    `%(name)s` is a parameter."""

    def __init__(
        self, text: str, columns: Mapping[str, str], params: Mapping[str, Any], output_field: "Field[Any, Any]"
    ) -> None:
        super().__init__(*columns.values(), output_field=output_field)
        self.text, self.names, self.params = text, tuple(columns), params

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, *_: Any, **__: Any
    ) -> tuple[str, tuple[Any, ...]]:
        text, wanted = _split(self.text)
        columns = (compiler.compile(column)[0] for column in self.get_source_expressions())
        return text.format(**dict(zip(self.names, columns, strict=True))), tuple(self.params[name] for name in wanted)


class Condition(Fragment):
    def __init__(self, text: str, columns: Mapping[str, str], params: Mapping[str, Any]) -> None:
        super().__init__(text, columns, params, BooleanField())


@lru_cache
def _split(text: str) -> tuple[str, tuple[str, ...]]:
    """With positions for parameters, and their names in order."""
    return _PARAM.sub("%s", text), tuple(_PARAM.findall(text))


# The rules of a track: its own; without any, its release's; without these, its label's.
_NO_OWN = "NOT EXISTS (SELECT FROM catalog_rule other WHERE other.track_id = {track})"
_NONE_OF_RELEASE = "NOT EXISTS (SELECT FROM catalog_rule other WHERE other.release_id = {release})"
_IN_FORCE = f"""(
    rule.track_id = {{track}}
    OR ({_NO_OWN} AND (rule.release_id = {{release}} OR (rule.label_id = {{label}} AND {_NONE_OF_RELEASE})))
)"""
_COVERING = f"{_IN_FORCE} AND (rule.scope = 'include') = (rule.territories @> ARRAY[%(market)s]::varchar[])"
# A local midnight has passed when the calendar there says so.
_GOES_ON = "coalesce(rule.ends_at > %(at)s, true) AND coalesce(rule.ends_on > %(day)s, true)"
_OPEN_CASE = "(taken.recording_id = {recording} OR taken.release_id = {release}) AND taken.restored_at IS NULL"

# Of a visible track: not taken down, and its time in the market is not over. Where no rule covers the market it is
# listed, greyed.
BROWSABLE = f"""(
    NOT EXISTS (SELECT FROM catalog_takedown taken WHERE {_OPEN_CASE} AND taken.starts_at <= %(at)s)
    AND (SELECT coalesce(bool_or({_GOES_ON}), true) FROM catalog_rule rule WHERE {_COVERING})
)"""

_PUBLISHED = "recording.ready_at IS NOT NULL AND recording.kind <> 'ad'"
_TRACKS_OF_RELEASE = f"""
    SELECT FROM catalog_track track JOIN catalog_recording recording ON recording.id = track.recording_id
    WHERE track.release_id = {{release}} AND {_PUBLISHED}
"""
_TRACKS_OF_ARTIST = f"""
    SELECT FROM catalog_recordingcredit credit
    JOIN catalog_recording recording ON recording.id = credit.recording_id
    JOIN catalog_track track ON track.recording_id = recording.id
    JOIN catalog_release release ON release.id = track.release_id
    WHERE credit.artist_id = {{artist}} AND {_PUBLISHED} AND release.announced_at <= %(at)s
"""
_OF_RELEASE = BROWSABLE.format(track="track.id", recording="recording.id", release="{release}", label="{label}")
_OF_ARTIST = BROWSABLE.format(
    track="track.id", recording="recording.id", release="release.id", label="release.label_id"
)
# OFFSET 0 keeps PostgreSQL from joining all tracks first: a page asks row by row, in its order, and stops when full.
RELEASE_IS_VISIBLE = f"EXISTS ({_TRACKS_OF_RELEASE} OFFSET 0)"
RELEASE_IS_BROWSABLE = f"EXISTS ({_TRACKS_OF_RELEASE} AND {_OF_RELEASE} OFFSET 0)"
ARTIST_IS_VISIBLE = f"EXISTS ({_TRACKS_OF_ARTIST} OFFSET 0)"
ARTIST_IS_BROWSABLE = f"EXISTS ({_TRACKS_OF_ARTIST} AND {_OF_ARTIST} OFFSET 0)"

RULES_IN_FORCE = f"""(
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'scope', rule.scope, 'territories', rule.territories, 'access', rule.access,
        'starts_at', rule.starts_at, 'starts_on', rule.starts_on, 'ends_at', rule.ends_at, 'ends_on', rule.ends_on,
        'is_own', rule.track_id IS NOT NULL
    ) ORDER BY rule.id), '[]') FROM catalog_rule rule WHERE {_IN_FORCE}
)"""
TAKEN_DOWN_AT = f"(SELECT min(taken.starts_at) FROM catalog_takedown taken WHERE {_OPEN_CASE})"

_RULES_OF_SOME = RULES_IN_FORCE.format(track="tracks.ruled", release="{release}", label="{label}")
_TAKEN_DOWN_AT = TAKEN_DOWN_AT.format(recording="recording.id", release="{release}")
# What decides about the visible tracks of a release, in their order. Tracks without rules of their own share those of
# the release or label, which are read once.
TRACK_FACTS = f"""(
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'kind', kind, 'explicit', explicit, 'taken_down_at', taken_down_at, 'rules', {_RULES_OF_SOME}
    ) ORDER BY place), '[]') FROM (
        SELECT recording.kind, recording.explicit, {_TAKEN_DOWN_AT} AS taken_down_at, own.track_id AS ruled,
            min(ARRAY[track.disc, track.number]) AS place
        FROM catalog_track track JOIN catalog_recording recording ON recording.id = track.recording_id
        LEFT JOIN catalog_rule own ON own.track_id = track.id
        WHERE track.release_id = {{release}} AND {_PUBLISHED}
        GROUP BY recording.kind, recording.explicit, taken_down_at, own.track_id
    ) AS tracks
)"""
