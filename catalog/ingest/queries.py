"""Reads for the upload page, and for what was published before all of its assets were made."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.ingest.artwork import LARGEST_FILE
from catalog.ingest.models import Asset, Master, Rendition
from catalog.ingest.rules import PLAYED, qualities_of
from catalog.music.models import Recording, Release


@dataclass
class Duplicates:
    """What there is of a file already: recordings made of the same bytes or with its ISRC, and other uploads."""

    same_file: list[Recording] = field(default_factory=list)
    same_isrc: list[Recording] = field(default_factory=list)
    same_upload: list[Master] = field(default_factory=list)

    @property
    def recordings(self) -> list[Recording]:
        """Without repetition, the one with the same ISRC first."""
        return list({recording.pk: recording for recording in [*self.same_isrc, *self.same_file]}.values())


def duplicates_of(masters: Sequence[Master], isrcs: dict[int, str]) -> dict[int, Duplicates]:
    """By the master's id, for any number of masters in two queries; `isrcs` has the ISRC of those that have one."""
    found = {master.pk: Duplicates() for master in masters}
    sums = {master.sha256 for master in masters if master.sha256}
    same = Master.objects.filter(sha256__in=sums, release=None).select_related("recording__label", "label")
    # An upload that was made into a recording twice is one recording with two masters.
    for other in same.filter(Q(recording__isnull=False) | Q(uploaded_at__isnull=False)).order_by("pk"):
        for master in masters:
            if master.pk == other.pk or master.sha256 != other.sha256:
                continue
            if other.recording is not None:
                found[master.pk].same_file.append(other.recording)
            elif other.label_id == master.label_id:
                found[master.pk].same_upload.append(other)
    for recording in Recording.objects.filter(isrc__in=set(isrcs.values())).select_related("label"):
        for master_id, isrc in isrcs.items():
            if isrc == recording.isrc:
                found[master_id].same_isrc.append(recording)
    return found


def incomplete(recordings: QuerySet[Recording]) -> QuerySet[Recording]:
    """Those that are published and lack one of the assets that are made of a master today. An ad has just the one."""
    current = Asset.objects.current().filter(recording=OuterRef("pk"))
    lacking = Q()
    for kind in (Recording.Kind.AUDIO, Recording.Kind.VIDEO):
        for quality in qualities_of(kind, is_ad=False):
            lacking |= Q(~Exists(current.filter(quality=quality)), kind=kind)
    return recordings.filter(Exists(current.filter(quality__in=PLAYED)), lacking)


def with_small_covers(releases: QuerySet[Release]) -> QuerySet[Release]:
    """Those whose cover is from before it was made in all of its sizes and as JPEG."""
    covers = Asset.objects.current().filter(release=OuterRef("pk"), quality=Asset.Quality.ARTWORK)
    largest = Rendition.objects.filter(asset=OuterRef("pk"), name=LARGEST_FILE)
    return releases.filter(Exists(covers.filter(~Exists(largest))))


def same_file_elsewhere(master: Master) -> list[str]:
    """The titles of up to five other recordings of the same label that were made of the same bytes."""
    recording = master.recording
    if recording is None or recording.label_id is None or not master.sha256:
        return []
    others = Recording.objects.filter(label=recording.label_id, masters__sha256=master.sha256).exclude(pk=recording.pk)
    return [str(other) for other in others.distinct().order_by("pk")[:5]]
