"""The project's addresses, and the two views that say how fast anything can be here."""

from django.http import JsonResponse
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

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


urlpatterns = [*project, path("bench/limit", EmptyView.as_view()), path("bench/bare", bare)]
