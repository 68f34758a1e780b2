from django.urls import path

from billing.api import MeView

urlpatterns = [path("me", MeView.as_view())]
