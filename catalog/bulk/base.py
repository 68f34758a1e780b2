"""What all tables have in common: rows are read as text, checked one by one, and written together or not at all.

The library for imports keeps the dry run, the preview and the confirmation. Its own way of saving row by row would ask
the database several times for each; here a table costs the same few queries with any number of rows.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import RowResult

from accounts.roles.permissions import may
from catalog.bulk import cells
from catalog.ingest.access import rows_of

MAX_ROWS = 5_000
MAX_EXPORTED = 50_000
BATCH = 500


def column(name: str) -> Field:
    return Field(column_name=name)


class TableError(Exception):
    """The table as a whole can't be taken; the sentence says why."""


class Lookup:
    """Rows that cells name by a text; each text is looked up once, all together."""

    def __init__(self, what: str, rows: Iterable[Any], key: Callable[[Any], Sequence[str]]) -> None:
        self._what = what
        self._found: dict[str, list[Any]] = {}
        for row in rows:
            for text in key(row):
                self._found.setdefault(text.lower(), []).append(row)

    def __call__(self, text: str) -> Any:
        found = self._found.get(text.lower(), [])
        if not found:
            raise ValidationError(f"There is no {self._what} “{text}” that you may use.")
        if len(found) > 1:
            raise ValidationError(f"There are several {self._what}s “{text}”: write the uid instead.")
        return found[0]

    def get(self, text: str) -> Any:
        """The only row of that text; None when there is none or more than one."""
        found = self._found.get(text.lower(), [])
        return found[0] if len(found) == 1 else None


class BulkResource(ModelResource):
    """A table of one model. Subclasses say how a row is found, read, shown and written."""

    # Columns that a new row can't do without.
    needed: tuple[str, ...] = ()
    # What is joined and what is prefetched to show a row.
    shown_with: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    class Meta:
        import_id_fields: tuple[str, ...] = ()
        # Nothing is saved row by row, and the preview compares texts.
        use_bulk = True
        skip_diff = True
        store_instance = True
        report_skipped = True

    def __init__(self, *, request: HttpRequest, **options: Any) -> None:
        super().__init__(**options)
        self.request = request
        self.model: type[Model] = self._meta.model
        self._texts: list[dict[str, str]] = []
        self._kept: list[tuple[int, Any, bool]] = []
        self._allowed: dict[tuple[str, int | None], bool] = {}
        self._seen: dict[tuple[str, str], int] = {}

    # --- What subclasses say ---

    def prepare(self, rows: list[dict[str, str]]) -> None:
        """Look up everything that the rows name, in a fixed number of queries."""
        raise NotImplementedError

    def find(self, texts: dict[str, str]) -> Any:
        """The row that is meant; None for a new one. Raises ValidationError."""
        raise NotImplementedError

    def show(self, instance: Any) -> dict[str, str]:
        """The cells of a row that is there."""
        raise NotImplementedError

    def read(self, instance: Any, texts: dict[str, str], problems: "Problems") -> None:
        """Put the cells into the instance; nothing is written yet."""
        raise NotImplementedError

    def label_id_of(self, instance: Any) -> int | None:
        raise NotImplementedError

    def write(self, new: list[Any], changed: list[Any]) -> None:
        """Write the rows and what hangs on them. Part of the import's transaction."""
        raise NotImplementedError

    # --- Import ---

    def get_import_order(self) -> tuple[str, ...]:
        columns: tuple[str, ...] = self._meta.fields
        return columns

    def get_export_order(self) -> tuple[str, ...]:
        return self.get_import_order()

    def before_import(self, dataset: Any, **options: Any) -> None:
        headers = [cells.to_text(header).lower() for header in dataset.headers or []]
        try:
            self._check_table(headers, len(dataset))
        except TableError:
            # Otherwise each row would be looked at all the same.
            dataset.wipe()
            raise
        self._texts = [dict(zip(headers, map(cells.to_text, row), strict=False)) for row in dataset]
        self.prepare(self._texts)

    def _check_table(self, headers: list[str], rows: int) -> None:
        unknown = [header for header in headers if header not in self.fields]
        if unknown:
            known = ", ".join(self._meta.fields)
            raise TableError(f"There is no column “{unknown[0]}”. There are: {known}.")
        if len(set(headers)) != len(headers):
            raise TableError("A column stands twice in the first line.")
        if rows > MAX_ROWS:
            raise TableError(f"The file has {rows} rows; at most {MAX_ROWS} are taken. Split it.")

    def texts_of(self, options: dict[str, Any]) -> dict[str, str]:
        texts: dict[str, str] = self._texts[options["row_number"] - 1]
        return texts

    def before_import_row(self, row: Any, **options: Any) -> None:
        row.clear()
        row.update(self.texts_of(options))

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Any, bool]:
        if not any(row.values()):
            raise ValidationError("This row is empty. Take it out.")
        found = self.find(row)
        instance: Any = found or self.model()
        instance.cells_before = self.show(found) if found else {}
        self._check_permission("change" if found else "add", instance if found else None)
        return instance, found is None

    def import_instance(self, instance: Any, row: Any, **options: Any) -> None:
        problems = Problems(row, new=not instance.cells_before, needed=self.needed)
        self.read(instance, row, problems)
        for key in ("uid", "isrc", "upc"):
            if row.get(key):
                self._note_once(key, row[key], options["row_number"], problems)
        if not problems:
            self._check_permission("change" if instance.cells_before else "add", instance)
            # Foreign keys were looked up, and what must be unique is compared in `find` and by the database.
            relations = [field.name for field in instance._meta.fields if field.is_relation]  # noqa: SLF001  documented
            try:
                instance.clean_fields(exclude=relations)
            except ValidationError as error:
                problems |= error.message_dict
        if problems:
            raise ValidationError(dict(problems))
        instance.cells_after = {**instance.cells_before, **{name: row.get(name, "") for name in row}}

    def _note_once(self, column: str, text: str, row_number: int, problems: "Problems") -> None:
        first = self._seen.setdefault((column, (cells.code(text) or "").lower()), row_number)
        if first != row_number:
            problems[column] = [f"Row {first} has this {column} too."]

    def _check_permission(self, verb: str, instance: Any) -> None:
        """Rules about rows depend on whose they are, so each label is asked about once."""
        key = (verb, self.label_id_of(instance) if instance is not None else -1)
        if key not in self._allowed:
            permission = f"catalog.{verb}_{self.model._meta.model_name}"  # noqa: SLF001  documented
            user: Any = self.request.user
            self._allowed[key] = user.has_perm(permission) if instance is None else may(user, permission, instance)
        if not self._allowed[key]:
            raise ValidationError(f"You may not {verb} this {self.model._meta.verbose_name}.")  # noqa: SLF001

    def validate_instance(self, instance: Any, errors: Any = None, validate_unique: bool = True) -> None:
        if errors:
            raise ValidationError(errors)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        return not import_validation_errors and bool(instance.cells_after == instance.cells_before)

    def save_instance(self, instance: Any, is_create: bool, row: Any, **options: Any) -> None:
        self._kept.append((options["row_number"], instance, is_create))

    def after_import_row(self, row: Any, row_result: Any, **options: Any) -> None:
        """The preview: what changes is struck through, and what it becomes follows."""
        instance = row_result.instance
        before, after = instance.cells_before, instance.cells_after
        row_result.diff = [_changed(before.get(name, ""), after.get(name, "")) for name in self._meta.fields]

    def after_import(self, dataset: Any, result: Any, **options: Any) -> None:
        if result.has_errors() or result.has_validation_errors():
            return
        try:
            self.check_together(self._kept)
            self.write([one for _, one, new in self._kept if new], [one for _, one, new in self._kept if not new])
        except IntegrityError as error:
            sentence = (
                "A code or a place in this file belongs to another row, or was taken this moment. Import it again."
            )
            raise TableError(sentence) from error
        for row in result.rows:
            if row.import_type in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE):
                row.add_instance_info(row.instance)

    def check_together(self, kept: list[tuple[int, Any, bool]]) -> None:
        """What can be wrong only in all rows together. Raises TableError that names the row."""

    def save_rows(self, new: list[Any], changed: list[Any], names: Sequence[str]) -> None:
        manager = self.model._default_manager  # the rows were scoped when they were found
        manager.bulk_create(new, batch_size=BATCH)
        manager.bulk_update(changed, names, batch_size=BATCH)

    def raise_revision(self, changed: list[Any]) -> None:
        self.model._default_manager.filter(pk__in=[one.pk for one in changed]).update(revision=F("revision") + 1)

    # --- Export ---

    def get_queryset(self) -> QuerySet[Any]:
        return rows_of(self.request, self.model)

    @classmethod
    def for_export(cls, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With what a row shows, and without what the list in the admin shows besides."""
        joined, prefetched = cls.shown_with
        return rows.select_related(*joined).prefetch_related(None).prefetch_related(*prefetched)

    def export_resource(self, instance: Any, selected_fields: Any = None, **options: Any) -> list[str]:
        shown = self.show(instance)
        return [cells.escape(shown[field.column_name]) for field in self.get_export_fields(selected_fields)]


def _changed(before: str, after: str) -> str:
    if before == after or not before:
        return format_html("{}", after) if before == after else format_html("<ins>{}</ins>", after)
    return format_html("<del>{}</del> <ins>{}</ins>", before, after)


class Problems(dict[str, list[str]]):
    """What is wrong with a row, by column; cells are read through it, so that all of them are looked at."""

    def __init__(self, texts: dict[str, str], *, new: bool, needed: Sequence[str]) -> None:
        super().__init__()
        self._texts = texts
        missing = [name for name in needed if not texts.get(name) and (new or name in texts)]
        self.update({name: ["This is needed."] for name in missing})

    def cell(self, name: str, take: Callable[[str], Any], put: Callable[[Any], None]) -> None:
        """A column that the file does not have changes nothing."""
        if name not in self._texts or name in self:
            return
        try:
            put(take(self._texts[name]))
        except ValidationError as error:
            self[name] = error.messages

    def set(self, instance: Any, name: str, take: Callable[[str], Any] = str) -> None:
        self.cell(name, take, lambda value: setattr(instance, name, value))


def uid_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def uids_in(rows: Iterable[dict[str, str]], column: str) -> set[uuid.UUID]:
    """The well-formed uids of a column, and those among its names."""
    texts = (text for row in rows for text in cells.names(row.get(column, "")))
    return {uid for uid in map(uid_of, texts) if uid is not None}


def texts_in(rows: Iterable[dict[str, str]], *columns: str) -> set[str]:
    return {text for row in rows for name in columns for text in cells.names(row.get(name, ""))}
