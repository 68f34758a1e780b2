"""Uploads in parts, as Uppy's S3 plugin asks for them: the part of its Companion server that needs no bytes.

In its words the upload's id and key are both the uid of our master; R2's own stay here.
"""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from catalog.ingest import uploads
from catalog.ingest.access import label_of, master_of
from catalog.ingest.staff import body_of, field_of, for_catalogue, invalid


@require_POST
@for_catalogue
def create(request: HttpRequest) -> JsonResponse:
    """{"filename", "type", "metadata": {"label": id, "size": bytes}} → {"uploadId", "key"}."""
    asked = body_of(request)
    about = field_of(asked, "metadata", dict)
    assert isinstance(request.user, User)  # noqa: S101  for_catalogue let only users in
    master = uploads.start_parts(
        label=label_of(request, field_of(about, "label", int)),
        filename=field_of(asked, "filename", str),
        size_bytes=field_of(about, "size", int),
        content_type=field_of(asked, "type", str) or "application/octet-stream",
        created_by=request.user,
    )
    return JsonResponse({"uploadId": master.uid, "key": master.uid}, status=201)


@require_GET
@for_catalogue
def sign(request: HttpRequest, uid: str, number: int) -> JsonResponse:
    return JsonResponse({"url": uploads.sign_part(master=master_of(request, uid), number=number)})


@require_http_methods(["GET", "DELETE"])
@for_catalogue
def one(request: HttpRequest, uid: str) -> JsonResponse:
    """GET lists the parts that have arrived, DELETE cancels the upload or throws the file away."""
    master = master_of(request, uid)
    if request.method == "DELETE":
        uploads.discard_upload(master=master)
        return JsonResponse({})
    found = uploads.list_parts(master=master)
    return JsonResponse([{"PartNumber": number, "ETag": etag} for number, etag in sorted(found.items())], safe=False)


@require_POST
@for_catalogue
def complete(request: HttpRequest, uid: str) -> JsonResponse:
    """{"parts": [{"PartNumber", "ETag"}]}. Repeating it changes nothing."""
    master = uploads.complete_parts(master=master_of(request, uid), etags=_etags(body_of(request)))
    return JsonResponse({"location": str(master.uid), "key": master.uid})


def _etags(asked: dict[str, Any]) -> dict[int, str]:
    found = {}
    for place, part in enumerate(field_of(asked, "parts", list)):
        if not isinstance(part, dict):
            raise invalid(f"/parts/{place}", "Send an object with PartNumber and ETag.")
        found[int(field_of(part, "PartNumber", int))] = str(field_of(part, "ETag", str))
    return found
