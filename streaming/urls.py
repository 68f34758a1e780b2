"""All addresses. Apps are named by string: the project imports none of them."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from streaming import pages

# The busiest first: addresses are tried in order.
api = [
    path("", include("playback.urls")),
    path("", include("catalog.urls")),
    path("", include("analytics.urls")),
    path("", include("billing.urls")),
    path("", include("accounts.urls")),
]

urlpatterns = [
    path("api/v1/", include((api, "v1"))),
    path("auth/", include("accounts.auth_urls")),
    path("webhooks/", include("billing.webhook_urls")),
    path(".well-known/", include("accounts.well_known_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path(settings.ADMIN_PATH, include("catalog.admin_urls")),
    path(settings.ADMIN_PATH, admin.site.urls),
    *pages.routes(mailbox=bool(settings.MAILBOX_DIR)),
]

handler400 = "streaming.api.errors.bad_request"
handler403 = "streaming.api.errors.permission_denied"
handler404 = "streaming.api.errors.not_found"
handler500 = "streaming.api.errors.server_error"
