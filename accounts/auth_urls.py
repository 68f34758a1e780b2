from django.urls import include, path

from accounts.sessions.api import RefreshView, SignOutEverywhereView, SignOutView

urlpatterns = [
    path("refresh", RefreshView.as_view()),
    path("sign-out", SignOutView.as_view()),
    path("sign-out-everywhere", SignOutEverywhereView.as_view()),
    path("", include("accounts.flows.urls")),
    path("", include("accounts.flows.web_redirect")),
]
