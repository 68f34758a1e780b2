"""Query parameters that are checked: a malformed one is a 400 with its name, never ignored."""

import uuid
from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

MAX_UIDS = 50


def uid_param(request: Request, name: str) -> uuid.UUID | None:
    given = request.query_params.get(name)
    return None if given is None else parse_uid(given, pointer=name)


def choice_param(request: Request, name: str, choices: Iterable[str]) -> str | None:
    given = request.query_params.get(name)
    if given is not None and given not in list(choices):
        raise ValidationError({name: [f"Choose one of {', '.join(choices)}."]})
    return given


def text_param(request: Request, name: str, length: int) -> str | None:
    given = request.query_params.get(name)
    if given is not None and (not given or len(given) > length or "\0" in given):
        raise ValidationError({name: [f"Send 1 to {length} characters."]})
    return given


def uids_param(request: Request, name: str) -> list[uuid.UUID]:
    """Several, with commas between."""
    given = request.query_params.get(name)
    if given is None:
        return []
    texts = given.split(",")
    if len(texts) > MAX_UIDS:
        raise ValidationError({name: [f"Ask for at most {MAX_UIDS} at once."]})
    return [parse_uid(text, pointer=name) for text in texts]


class UidInPath:
    """For detail views: `uid` in the path is checked before anything is looked up."""

    lookup_field = "uid"
    kwargs: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]  # APIView's, which this is mixed into
        self.kwargs["uid"] = parse_uid(kwargs["uid"], pointer="uid")


def parse_uid(given: str, *, pointer: str) -> uuid.UUID:
    """The UUID; a 400 that points at it when it is malformed."""
    try:
        return uuid.UUID(given)
    except ValueError:
        raise ValidationError({pointer: ["This is not a UUID."]}) from None
