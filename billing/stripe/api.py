"""Stripe's webhook: check, store, answer. Everything else is a worker's."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.stripe import events
from streaming.api.errors import problem_response
from streaming.lib.errors import Code

log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """200 once the event is stored; 400 when it is not Stripe's word."""
    try:
        event = events.verified(request.body, request.headers.get("Stripe-Signature", ""))
    except events.Forged:
        log.warning("an event without Stripe's signature was refused")
        return problem_response(Code.SIGNATURE_INVALID, 400, "This is not signed by Stripe.")
    events.keep(event)
    return JsonResponse({"received": True})
