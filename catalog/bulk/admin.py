"""Import and export buttons for a list in the admin, within what the person may see and change."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from import_export.admin import ImportExportMixin
from import_export.tmp_storages import CacheStorage
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from catalog.bulk.base import MAX_EXPORTED
from catalog.bulk.formats import FORMATS
from catalog.music.scope import edits_for_a_label


class Kept(CacheStorage):
    """The file between preview and confirmation: in the cache, because the next request may meet another machine."""

    CACHE_LIFETIME = 3_600

    def read(self) -> Any:
        data = super().read()
        if data is None:
            raise FileNotFoundError
        return data


class BulkAdmin(ImportExportMixin):
    """Before ModelAdmin; `resource_classes` names the table."""

    opts: Any
    formats = FORMATS
    import_form_class = ImportForm
    export_form_class = ExportForm
    tmp_storage_class = Kept
    # Excel writes such a mark before UTF-8, and reads UTF-8 only with it.
    from_encoding = "utf-8-sig"
    to_encoding = "utf-8-sig"

    def has_import_permission(self, request: HttpRequest) -> bool:
        verbs = ("add", "change")
        return edits_for_a_label(request.user) and any(
            request.user.has_perm(f"catalog.{verb}_{self.opts.model_name}") for verb in verbs
        )

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"catalog.view_{self.opts.model_name}"))

    def get_import_resource_kwargs(self, request: HttpRequest, **options: Any) -> dict[str, Any]:
        return {"request": request}

    def get_export_resource_kwargs(self, request: HttpRequest, **options: Any) -> dict[str, Any]:
        return {"request": request}

    def get_import_data_kwargs(self, **options: Any) -> dict[str, Any]:
        return {"use_transactions": True, "rollback_on_validation_errors": True}

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_export_queryset(request)
        ready: QuerySet[Any] = self.get_export_resource_classes(request)[0].for_export(rows)
        return ready

    def export_action(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and self.has_export_permission(request):
            many = self.get_export_queryset(request).order_by()[: MAX_EXPORTED + 1].count()
            if many > MAX_EXPORTED:
                messages.error(
                    request, f"These are more than {MAX_EXPORTED:,} rows. Filter the list first, then export."
                )
                return redirect(request.get_full_path())
        response: HttpResponse = super().export_action(request)
        return response

    def process_import(self, request: HttpRequest, **options: Any) -> HttpResponse:
        if not self.has_import_permission(request):
            raise PermissionDenied
        try:
            response: HttpResponse = super().process_import(request, **options)
        except FileNotFoundError:
            messages.error(request, "The file is no longer kept. Choose it again.")
            return self._again()
        return response

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """Between preview and confirmation somebody may have taken a code or a place."""
        if not result.has_errors() and not result.has_validation_errors():
            response: HttpResponse = super().process_result(result, request)
            return response
        found = [str(error.error) for error in result.base_errors]
        found += [f"Row {row.number}: {row.error}" for row in result.invalid_rows]
        found += [f"Row {row.number}: {row.errors[0].error}" for row in result.error_rows]
        messages.error(request, f"Nothing was imported. {' '.join(found[:3])}")
        return self._again()

    def _again(self) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_import")
