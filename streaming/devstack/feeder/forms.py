"""Forms in HTML pages: the values that a browser would send, changed as a person would, and the page's complaints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

Value = str | int | bool | Sequence[str | int]
# What a browser sends for a ticked box without a value.
TICKED = "on"
# Django's formsets have a spare row under this name, which the page copies when a person adds one.
SPARE = "__prefix__"
# The theme's tables of rows show the errors of a field in such a block right after it.
ERROR_BLOCK = "text-red-600"


@dataclass
class Form:
    """`values` has a list for each field name; an unticked box has an empty one."""

    id: str = ""
    values: dict[str, list[str]] = field(default_factory=dict)

    def fill(self, values: Mapping[str, Value]) -> None:
        """Raises KeyError with the name of a field that the form does not have."""
        for name, value in values.items():
            if name not in self.values:
                raise KeyError(name)
            self.values[name] = _as_sent(value)

    def add_rows(self, prefix: str, rows: Sequence[Mapping[str, Value]]) -> None:
        """Fill in new rows of a formset, after those that are saved."""
        start = int(self.values[f"{prefix}-INITIAL_FORMS"][0])
        shown = int(self.values[f"{prefix}-TOTAL_FORMS"][0])
        for number, row in enumerate(rows, start):
            if number >= shown:
                self._copy_spare(prefix, number)
            self.fill({f"{prefix}-{number}-{name}": value for name, value in row.items()})
        self.values[f"{prefix}-TOTAL_FORMS"] = [str(max(shown, start + len(rows)))]

    def _copy_spare(self, prefix: str, number: int) -> None:
        spare = f"{prefix}-{SPARE}-"
        for name, value in list(self.values.items()):
            if name.startswith(spare):
                self.values[f"{prefix}-{number}-{name.removeprefix(spare)}"] = list(value)

    def data(self) -> list[tuple[str, str]]:
        """Name and value pairs, as sent."""
        return [(name, value) for name, values in self.values.items() if SPARE not in name for value in values]


def _as_sent(value: Value) -> list[str]:
    if isinstance(value, bool):
        return [TICKED] if value else []
    if isinstance(value, str | int):
        return [str(value)]
    return [str(one) for one in value]


class Page(HTMLParser):
    """The forms of a page, the fields outside of any (`loose`), and the errors it shows, each as one sentence."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.loose = Form()
        self.errors: list[str] = []
        self._form = self.loose
        self._select: _Select | None = None
        self._textarea = ""
        self._error_of: str | None = None
        self._invalid = ""
        self._text: list[str] | None = None
        self.feed(html)
        self.close()

    def form(self, form_id: str) -> Form | None:
        return next((form for form in self.forms if form.id == form_id), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "form":
            self._form = Form(given.get("id", ""))
            self.forms.append(self._form)
        elif tag == "ul" and "errorlist" in classes:
            self._error_of, self._invalid = given.get("id", "").removeprefix("id_").removesuffix("_error"), ""
        elif tag == "div" and self._invalid and ERROR_BLOCK in classes:
            self._error_of, self._invalid, self._text = self._invalid, "", []
        elif tag == "div" and "errornote" in classes:
            # Not `p`: that one only says that there are errors.
            self._text = []
        elif tag == "li" and self._error_of is not None:
            self._text = []
        elif "disabled" not in given:
            self._start_field(self._form, tag, given)

    def _start_field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if given.get("aria-invalid") == "true":
            self._invalid = name
        if tag == "option" and self._select is not None:
            self._select.add(given)
            self._text = []
        elif not name:
            return
        elif tag == "input":
            _add_input(form, name, given)
        elif tag == "select":
            self._select = _Select(name, multiple="multiple" in given)
        elif tag == "textarea":
            self._textarea = name
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        text = "".join(self._text or [])
        if tag == "form":
            self._form = self.loose
        elif tag == "option" and self._select is not None:
            self._select.close_option(text.strip())
            self._text = None
        elif tag == "select" and self._select is not None:
            self._form.values.setdefault(self._select.name, []).extend(self._select.chosen())
            self._select = None
        elif tag == "textarea" and self._textarea:
            # HTML drops a line break at the very start.
            self._form.values.setdefault(self._textarea, []).append(text.removeprefix("\n"))
            self._textarea, self._text = "", None
        else:
            self._end_error(tag, " ".join(text.split()))

    def _end_error(self, tag: str, text: str) -> None:
        if tag in ("li", "div") and self._text is not None:
            if text:
                self.errors.append(f"{self._error_of}: {text}" if self._error_of else text)
            self._text = None
        if tag in ("ul", "div"):
            self._error_of = None


def _add_input(form: Form, name: str, given: dict[str, str]) -> None:
    kind = given.get("type", "text").lower()
    if kind in ("submit", "button", "image", "reset", "file"):
        return
    values = form.values.setdefault(name, [])
    if kind not in ("checkbox", "radio"):
        values.append(given.get("value", ""))
    elif "checked" in given:
        values.append(given.get("value", TICKED))


class _Select:
    """A choice while it is read: values with whether they are chosen."""

    def __init__(self, name: str, *, multiple: bool) -> None:
        self.name = name
        self._multiple = multiple
        self._options: list[tuple[str | None, bool]] = []

    def add(self, given: dict[str, str]) -> None:
        self._options.append((given.get("value"), "selected" in given))

    def close_option(self, text: str) -> None:
        value, selected = self._options[-1]
        self._options[-1] = (text if value is None else value, selected)

    def chosen(self) -> list[str]:
        """Without a choice a browser sends the first of a single select, and nothing of a multiple one."""
        values = [value or "" for value, selected in self._options if selected]
        if values or self._multiple:
            return values
        return [value or "" for value, _ in self._options[:1]]
