from django.urls import path

from playback.ads import api as ads
from playback.api import PlayTicketsView

urlpatterns = [
    path("play-tickets", PlayTicketsView.as_view()),
    path("ad-breaks", ads.AdBreaksView.as_view()),
    path("ad-impressions", ads.AdImpressionsView.as_view()),
    path("ad-clicks/<str:token>", ads.AdClickView.as_view(), name="ad-click"),
]
