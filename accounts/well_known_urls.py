from django.urls import path

from accounts.api import jwks

urlpatterns = [path("jwks.json", jwks)]
