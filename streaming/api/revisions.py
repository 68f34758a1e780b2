"""What several people edit has a revision at the head of its ETag; `If-Match` compares that part only (design §6)."""

import hashlib
import re
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from streaming.lib.errors import Code, DomainError

_TAG = re.compile(r'(?:W/)?"(?P<revision>[0-9]{1,9})(?:-[^",]*)?"')


def revisions_of(request: Request, *, required: bool) -> frozenset[int] | None:
    """The revisions that the edit was made for; None: any. Raises REVISION_MISSING where it has to say so."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        if required:
            sentence = "Send If-Match with the ETag of what you saw: this edit depends on it."
            raise DomainError(Code.REVISION_MISSING, sentence, status=428)
        return None
    if given == "*":
        return None
    found = [_TAG.fullmatch(tag.strip()) for tag in given.split(",")]
    if not all(found):
        raise ValidationError({"If-Match": ["Send the ETag as it was given out."]})
    return frozenset(int(match["revision"]) for match in found if match)


def tagged(response: Response, revision: int) -> Response:
    """The ETag: the revision, then what tells two answers of it apart."""

    def tag(rendered: Any) -> None:
        digest = hashlib.sha256(rendered.content).hexdigest()[:16]
        rendered["ETag"] = f'"{revision}-{digest}"'

    response.add_post_render_callback(tag)
    return response
