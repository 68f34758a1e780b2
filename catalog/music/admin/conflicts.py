"""Two editors on one page: whoever saves second sees what the first one changed, and loses nothing."""

from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.forms import HiddenInput, IntegerField, ModelForm
from django.http import HttpRequest

SEEN = "revision_seen"


class RevisedForm(ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    """Carries the revision that its reader saw. The row stays locked from the comparison until it is saved."""

    revision_seen = IntegerField(widget=HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEEN].initial = self.instance.revision

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        rows = type(self.instance)._default_manager.select_for_update(no_key=True)
        current: Any = rows.filter(pk=self.instance.pk).first()
        if current is None:
            return cleaned
        self.instance.revision = current.revision
        if cleaned.get(SEEN) == current.revision:
            return cleaned
        # Shown again with what was typed, on top of what there is now: saving once more puts it there.
        data: Any = self.data
        self.data = data.copy()
        self.data[self.add_prefix(SEEN)] = str(current.revision)  # type: ignore[index]  # a QueryDict
        raise ValidationError([*_who(current, cleaned.get(SEEN)), *_differences(self, current), KEPT])


KEPT = "Nothing is saved yet, and what you typed is still here. Save again to put it in the place of theirs."


def _who(current: Any, seen: int | None) -> list[str]:
    """A sentence for each change since the page was opened, the oldest first."""
    about = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(current), object_id=str(current.pk), action_flag=CHANGE
    )
    missed = max(1, current.revision - (seen or 0)) if seen else 1
    entries = list(about.select_related("user").order_by("-pk")[: min(missed, 5)])
    if not entries:
        return ["This was changed after you had opened it."]
    return [_sentence(entry) for entry in reversed(entries)]


def _sentence(entry: LogEntry) -> str:
    who = getattr(entry.user, "display_name", "") or "Somebody"
    return f"{who} changed this at {entry.action_time:%H:%M UTC on %d %b %Y}: {entry.get_change_message()}"


def _differences(form: Any, current: Any) -> list[str]:
    """What stands in the database where something else was typed."""
    return [
        f"{form.fields[name].label or name} is now “{shown}”."
        for name, typed in form.cleaned_data.items()
        if (shown := _stored(current, name, typed)) is not None
    ]


def _stored(current: Any, name: str, typed: Any) -> str | None:
    """The stored value in words, or None where it is what was typed."""
    if name == SEEN:
        return None
    stored = getattr(current, name)
    if hasattr(stored, "all"):
        rows = list(stored.all())
        return None if {row.pk for row in rows} == {row.pk for row in typed or ()} else ", ".join(map(str, rows))
    if stored == typed or (stored in (None, "") and typed in (None, "")):
        return None
    words = getattr(current, f"get_{name}_display", None)
    return str(words() if words else "" if stored is None else stored)


class Revised:
    """For pages of rows with a revision. Only what was edited is written: a worker may have measured the rest since."""

    form = RevisedForm
    change_form_after_template = "catalog/revision_seen.html"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)  # type: ignore[misc]  # ModelAdmin's
            return
        obj.revision += 1
        columns = {field.name for field in obj._meta.concrete_fields}  # noqa: SLF001  documented
        obj.save(update_fields=[*(name for name in form.changed_data if name in columns), "revision"])
