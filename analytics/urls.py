from django.urls import path

from analytics.charts.api import ChartsView, ChartView, MyTopView
from analytics.dashboards.api import ArtistDashboardView
from analytics.plays.api import PlaysView

urlpatterns = [
    path("charts", ChartsView.as_view()),
    path("charts/<str:chart>", ChartView.as_view()),
    path("me/top", MyTopView.as_view()),
    path("plays", PlaysView.as_view()),
    path("artists/<str:uid>/dashboard", ArtistDashboardView.as_view()),
]
