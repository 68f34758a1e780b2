"""The project's addresses, and the views that say how fast anything can be here."""

from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.stripe.events import verified
from streaming.urls import handler400, handler403, handler404, handler500
from streaming.urls import urlpatterns as project

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class EmptyView(APIView):
    """The limit: an empty view behind the same authentication, and as tickets without the API's own limits."""

    throttle_classes = ()

    def post(self, request):
        return Response({})


def bare(request):
    return JsonResponse({})


@csrf_exempt
def signed(request):
    """The limit of a webhook: the signature is checked, and nothing is stored."""
    verified(request.body, request.headers.get("Stripe-Signature", ""))
    return JsonResponse({"received": True})


urlpatterns = [
    *project,
    path("bench/limit", EmptyView.as_view()),
    path("bench/bare", bare),
    path("bench/signed", signed),
]
