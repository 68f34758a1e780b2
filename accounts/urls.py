from django.urls import path

from accounts.privacy.api import ExportsView, ExportView
from accounts.profile.api import ExplicitLockView, MarketView
from accounts.sessions.api import SessionDetail, SessionList

urlpatterns = [
    path("me/explicit-lock", ExplicitLockView.as_view()),
    path("me/exports", ExportsView.as_view()),
    path("me/exports/<str:uid>", ExportView.as_view()),
    path("me/market", MarketView.as_view()),
    path("me/sessions", SessionList.as_view()),
    path("me/sessions/<str:uid>", SessionDetail.as_view()),
]
