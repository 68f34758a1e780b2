"""What services raise, and the closed list of codes that clients may meet (docs/api.md lists them)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Machine-readable error codes. Clients switch on them, so a code is never renamed."""

    INVALID = "INVALID"
    MALFORMED_BODY = "MALFORMED_BODY"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_FOUND = "NOT_FOUND"
    NOT_SIGNED_IN = "NOT_SIGNED_IN"
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105  a code, not a secret
    FORBIDDEN = "FORBIDDEN"
    CSRF = "CSRF"
    SESSION_ENDED = "SESSION_ENDED"
    REFRESH_MISSING = "REFRESH_MISSING"
    REFRESH_INVALID = "REFRESH_INVALID"
    REFRESH_REUSED = "REFRESH_REUSED"
    REAUTHENTICATION_REQUIRED = "REAUTHENTICATION_REQUIRED"
    RATE_LIMITED = "RATE_LIMITED"
    EXPLICIT_LOCKED = "EXPLICIT_LOCKED"
    PIN_WRONG = "PIN_WRONG"
    MARKET_UNKNOWN = "MARKET_UNKNOWN"
    MARKET_TOO_SOON = "MARKET_TOO_SOON"
    ALREADY_SUBSCRIBED = "ALREADY_SUBSCRIBED"
    IDEMPOTENCY_KEY_MISSING = "IDEMPOTENCY_KEY_MISSING"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    MANAGED_ELSEWHERE = "MANAGED_ELSEWHERE"
    MOVED_TOO_OFTEN = "MOVED_TOO_OFTEN"
    NO_SUBSCRIPTION = "NO_SUBSCRIPTION"
    PRODUCT_NOT_OFFERED = "PRODUCT_NOT_OFFERED"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    PURCHASE_DISPUTED = "PURCHASE_DISPUTED"
    PURCHASE_INVALID = "PURCHASE_INVALID"
    PURCHASE_OF_ANOTHER = "PURCHASE_OF_ANOTHER"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    INVITATION_OVER = "INVITATION_OVER"
    INVITATION_OF_ANOTHER = "INVITATION_OF_ANOTHER"
    CONFLICT = "CONFLICT"
    REVISION_MISSING = "REVISION_MISSING"
    REVISION_OUTDATED = "REVISION_OUTDATED"
    TOO_MANY_PLAYLISTS = "TOO_MANY_PLAYLISTS"
    UPLOAD_MISSING = "UPLOAD_MISSING"
    UPLOAD_TOO_LARGE = "UPLOAD_TOO_LARGE"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True)
class FieldProblem:
    """One problem at one place of the request: `pointer` is an RFC 6901 JSON pointer or a parameter's name."""

    pointer: str
    code: str
    detail: str


class DomainError(Exception):
    """A refusal that a person can act on; the one error handler turns it into problem+json.

    `members` are extension members of the document (RFC 9457 §3.2), such as the address to go to.
    """

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        status: int = 400,
        problems: tuple[FieldProblem, ...] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.problems = problems
        self.headers = dict(headers or {})
        self.members = dict(members or {})
