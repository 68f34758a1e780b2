"""The forms of the upload page: one for each file, and one for what they have in common."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from catalog.ingest.assignment import Decision, NewRelease, Use
from catalog.ingest.models import Master
from catalog.ingest.queries import Duplicates
from catalog.music.models import Recording, Release, Track
from catalog.music.validators import taken, validate_isrc, validate_upc

NAMES_APART = "; "
MAX_ARTIST = 160


class Names(forms.CharField):
    """Several names in one line, apart by semicolons: a name may hold a comma or an &."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=1_000, **options)

    def clean(self, value: Any) -> tuple[str, ...]:
        text = super().clean(value)
        names = tuple(dict.fromkeys(" ".join(name.split()) for name in text.split(";") if name.strip()))
        if self.required and not names:
            raise ValidationError(self.error_messages["required"], code="required")
        if any(len(name) > MAX_ARTIST for name in names):
            raise ValidationError(f"A name has at most {MAX_ARTIST} characters.")
        return names


class CodeField(forms.CharField):
    """An ISRC or UPC as people write it: spaces and hyphens are left out, letters are capitals."""

    def to_python(self, value: Any) -> str:
        return re.sub(r"[\s-]", "", super().to_python(value) or "").upper()


class FileForm(forms.Form):
    take = forms.BooleanField(label="Take", required=False, initial=True)
    use = forms.ChoiceField(label="What to do", choices=[(Use.NEW.value, "A new recording")])
    title = forms.CharField(max_length=200)
    version_title = forms.CharField(label="Version", max_length=80, required=False)
    artists = Names()
    featured = Names(required=False)
    isrc = CodeField(label="ISRC", required=False, validators=[validate_isrc])
    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in Recording.Kind if kind != Recording.Kind.AD])
    explicit = forms.BooleanField(required=False)
    disc = forms.IntegerField(min_value=1, max_value=99, initial=1)
    number = forms.IntegerField(label="No.", min_value=1, max_value=999, required=False)

    def __init__(
        self, *args: Any, master: Master, duplicates: Duplicates, usable: list[Recording], **more: Any
    ) -> None:
        """`usable` are the recordings among the duplicates that the person may change."""
        more |= {"prefix": f"file-{master.uid}", "initial": _initial(master)}
        super().__init__(*args, **more)
        self.master, self.duplicates, self.usable = master, duplicates, usable
        choice = self.fields["use"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  for the type checker
        choice.choices = [(Use.NEW.value, "A new recording"), *self._of_existing()]

    def _of_existing(self) -> list[tuple[str, str]]:
        offered = []
        for recording in self.usable:
            offered.append((f"{Use.KEEP}:{recording.pk}", f"Use “{recording}” as it is, remove this file"))
            offered.append((f"{Use.REPLACE}:{recording.pk}", f"Replace the audio of “{recording}”"))
        return offered

    @property
    def warnings(self) -> list[str]:
        """What is there already, in sentences."""
        said = [f"The same file as “{recording}”." for recording in self.duplicates.same_file if self._knows(recording)]
        said += [
            f"This ISRC is already on “{recording}”: use that recording, or correct the ISRC."
            for recording in self.duplicates.same_isrc
            if self._knows(recording)
        ]
        said += [f"The same file as the upload “{other.filename}”." for other in self.duplicates.same_upload]
        note = self.master.proposals.get("note")
        return [*said, note] if note else said

    def _knows(self, recording: Recording) -> bool:
        return recording in self.usable

    def full_clean(self) -> None:
        # The rest of a row that is left out, or that uses a recording as it is, need not be right.
        self._loosen()
        super().full_clean()

    def _loosen(self) -> None:
        if not self.is_bound:
            return
        taken = bool(self.data.get(self.add_prefix("take")))
        new = self.data.get(self.add_prefix("use"), Use.NEW.value) == Use.NEW.value
        if taken and new:
            return
        for name in ("title", "artists", "kind", *(() if taken else ("disc",))):
            self.fields[name].required = False
        self.fields["isrc"].validators = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("take") and data.get("use") == Use.NEW.value and self.duplicates.same_isrc:
            known = next((one for one in self.duplicates.same_isrc if self._knows(one)), None)
            on = f"This ISRC is already on “{known}”. Use that one, or correct the ISRC."
            self.add_error("isrc", on if known else taken("ISRC"))
        return data

    def decision(self) -> Decision:
        data = self.cleaned_data
        use, _, recording_id = data["use"].partition(":")
        return Decision(
            master_id=self.master.pk,
            use=Use(use),
            recording_id=int(recording_id or 0),
            disc=data["disc"],
            number=data["number"],
            **{
                name: data[name]
                for name in ("title", "version_title", "artists", "featured", "isrc", "kind", "explicit")
            },
        )


def _initial(master: Master) -> dict[str, Any]:
    proposed = master.proposals
    video = master.content_type.startswith("video/")
    return {
        "use": Use.NEW.value,
        "title": proposed.get("title", ""),
        "version_title": proposed.get("version_title", ""),
        "artists": NAMES_APART.join(proposed.get("artists", [])),
        "isrc": proposed.get("isrc", ""),
        "explicit": proposed.get("explicit", False),
        "kind": Recording.Kind.VIDEO if video else Recording.Kind.AUDIO,
        "disc": proposed.get("disc") or 1,
        "number": proposed.get("number"),
    }


class ReleaseForm(forms.Form):
    """Where the recordings go besides: nowhere, onto a draft of the label, or onto a new one."""

    NOWHERE, NEW = "", "new"

    release = forms.ChoiceField(label="Put them on", required=False)
    release_title = forms.CharField(label="Title", max_length=200, required=False)
    release_artists = Names(label="Artists", required=False)
    upc = CodeField(label="UPC", required=False, validators=[validate_upc])
    cover = forms.BooleanField(label="Use the artwork in the tags as the cover", required=False, initial=True)

    def __init__(self, *args: Any, drafts: Iterable[Release], **more: Any) -> None:
        super().__init__(*args, **more)
        self.drafts = {str(draft.pk): draft for draft in drafts}
        choice = self.fields["release"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  for the type checker
        choice.choices = [
            (self.NOWHERE, "No release: recordings only"),
            (self.NEW, "A new release, as a draft"),
            *((pk, f"The draft “{draft}”") for pk, draft in self.drafts.items()),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("release") != self.NEW:
            return data
        for name, sentence in (
            ("release_title", "A release needs a title."),
            ("release_artists", "Say whom it is by."),
        ):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        if data.get("upc") and Release.objects.filter(upc=data["upc"]).exists():
            self.add_error("upc", taken("UPC"))
        return data

    def target(self) -> Release | NewRelease | None:
        data = self.cleaned_data
        if data["release"] != self.NEW:
            return self.drafts.get(data["release"])
        return NewRelease(data["release_title"], data["release_artists"], data["upc"], data["cover"])


def check_together(files: list[FileForm], release: Release | NewRelease | None) -> None:
    """What is right in each row and not in all of them: one ISRC or one place twice. The error stands at the second."""
    on_it = Track.objects.filter(release=release) if isinstance(release, Release) else Track.objects.none()
    places: set[tuple[Any, Any]] = set(on_it.values_list("disc", "number"))
    isrcs: set[str] = set()
    for form in files:
        data = form.cleaned_data
        place, isrc = (data.get("disc"), data.get("number")), data.get("isrc", "")
        if release is not None and place[1] is not None and place in places:
            form.add_error("number", f"Track {place[1]} of disc {place[0]} is taken.")
        if isrc and isrc in isrcs and data.get("use") == Use.NEW.value:
            form.add_error("isrc", "Another of these files has this ISRC.")
        places.add(place)
        isrcs.add(isrc)
