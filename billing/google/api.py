"""Google's webhook: check, store, answer. Everything else is a worker's."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.google import events
from billing.google.rules import Malformed
from streaming.api.errors import problem_response
from streaming.lib.errors import Code

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """200 once the notification is stored; 401 when it is not Google's word, 503 when that can't be told now."""
    try:
        events.verify_push(request.headers.get("Authorization", ""))
        events.keep(request.body)
    except events.Forged:
        log.warning("a notification without Google's token was refused")
        return problem_response(Code.SIGNATURE_INVALID, 401, "This is not signed by Google for this subscription.")
    except events.KeysUnreachable:
        log.exception("Google's keys can't be reached, so a notification waits at Google")
        return problem_response(Code.PROVIDER_UNAVAILABLE, 503, "Google's keys can't be reached. Send it again.")
    except Malformed:
        log.exception("a notification of Google's could not be read")
        return problem_response(Code.MALFORMED_BODY, 400, "This is not a developer notification.")
    return JsonResponse({"received": True})
