from django.urls import path

from accounts.sessions.api import jwks

urlpatterns = [path("jwks.json", jwks)]
