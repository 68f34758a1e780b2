"""The forms of rules and of the time machine."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from catalog.music.validators import territories
from catalog.rights.models import Rule
from catalog.rights.time_machine import TIERS, every_market
from catalog.rights.zones import day_begins
from streaming.lib import clock


def countries() -> list[tuple[str, str]]:
    return [(code, f"{name} ({code})") for code, name in territories().items()]


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    territories = forms.MultipleChoiceField(
        choices=countries, required=False, widget=UnfoldAdminSelect2MultipleWidget, label="Countries"
    )

    class Meta:
        model = Rule
        fields = ("scope", "territories", "access", "starts_at", "starts_on", "ends_at", "ends_on")

    def has_changed(self) -> bool:
        """A row that was added is meant, as it stands: with nothing typed in it, it is the whole world."""
        return self.instance.pk is None or bool(super().has_changed())

    def clean(self) -> dict[str, Any]:
        """The table's constraints, each at its field: the theme shows no other errors of a row like this."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name, sentence in _faults(cleaned):
            self.add_error(name, sentence)
        return cleaned


def _faults(cleaned: dict[str, Any]) -> Iterator[tuple[str, str]]:
    starts_at, starts_on = cleaned.get("starts_at"), cleaned.get("starts_on")
    ends_at, ends_on = cleaned.get("ends_at"), cleaned.get("ends_on")
    if cleaned.get("scope") == Rule.Scope.INCLUDE and not cleaned.get("territories"):
        yield "territories", "Name the countries in which it may be played."
    if starts_at and starts_on:
        yield "starts_on", "Give one instant or a local date as the start, not both."
    if ends_at and ends_on:
        yield "ends_on", "Give one instant or a local date as the end, not both."
    if starts_at and ends_at and ends_at <= starts_at:
        yield "ends_at", "The end has to come after the start."
    if starts_on and ends_on and ends_on <= starts_on:
        yield "ends_on", "The end has to come after the start."


def _day() -> UnfoldAdminTextInputWidget:
    """The browser's own calendar: the admin's needs scripts that only its forms load."""
    return UnfoldAdminTextInputWidget(attrs={"type": "date"})


class TimeMachineForm(forms.Form):
    """A country, a tier and a date; a second date compares. Days begin at midnight in the country, or at UTC."""

    country = forms.ChoiceField(required=False, widget=UnfoldAdminSelect2Widget)
    tier = forms.ChoiceField(
        choices=[("", "Free and paid"), ("free", "Free"), ("paid", "Paid")], required=False,
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    on = forms.DateField(label="On", required=False, widget=_day())
    until = forms.DateField(label="Compared with", required=False, widget=_day())
    search = forms.CharField(
        label="Title, artist, label or ISRC",
        required=False,
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "Every country"), *countries()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        on = cleaned.get("on") or clock.now().date()
        until = cleaned.get("until")
        if until and until <= on:
            raise ValidationError("Compare with a later date.")
        if until and until - on > timedelta(days=3660):
            raise ValidationError("Compare dates that are at most ten years apart.")
        if not until and not cleaned.get("country"):
            # One moment can be seen from one place only.
            cleaned["country"] = "US"
        market = cleaned.get("country") or ""
        cleaned["at"] = self._moment(market, cleaned.get("on"))
        cleaned["last"] = self._moment(market, until) if until else None
        return cleaned

    def _moment(self, market: str, day: Any) -> datetime:
        """Now for today or no date: what a person wants to see is what is."""
        if day is None or day == clock.now().date():
            return clock.now()
        return day_begins(market, day) if market else datetime.combine(day, time(), tzinfo=clock.now().tzinfo)

    @property
    def markets(self) -> list[str]:
        country = self.cleaned_data.get("country")
        return [country] if country else every_market()

    @property
    def tiers(self) -> tuple[str, ...]:
        tier = self.cleaned_data.get("tier")
        return (tier,) if tier else TIERS
