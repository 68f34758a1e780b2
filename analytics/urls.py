from django.urls import path

from analytics.dashboards.api import ArtistDashboardView
from analytics.plays.api import PlaysView

urlpatterns = [
    path("plays", PlaysView.as_view()),
    path("artists/<str:uid>/dashboard", ArtistDashboardView.as_view()),
]
