from django.urls import path

from playback.api import PlayTicketsView

urlpatterns = [path("play-tickets", PlayTicketsView.as_view())]
