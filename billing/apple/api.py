"""The App Store's webhook: check, store, answer. Nothing in here waits for a network."""

import json
import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.apple import events
from billing.apple.client import Forged
from streaming.api.errors import problem_response
from streaming.lib.errors import Code

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """200 once the notification is stored; 400 when it is not Apple's word, which Apple doesn't repeat."""
    try:
        events.keep(events.notification_in(_signed_payload(request.body)))
    except Forged as error:
        log.warning("a notification without Apple's signature was refused", extra={"reason": str(error)})
        return problem_response(Code.SIGNATURE_INVALID, 400, "This is not signed by Apple for this app.")
    return JsonResponse({"received": True})


def _signed_payload(body: bytes) -> str:
    try:
        sent = json.loads(body)
    except ValueError as error:
        raise Forged("the body is not JSON") from error
    signed = sent.get("signedPayload") if isinstance(sent, dict) else None
    if not isinstance(signed, str):
        raise Forged("the body has no signedPayload")
    return signed
