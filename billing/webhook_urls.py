from django.urls import path

from billing.apple.api import webhook as apple
from billing.google.api import webhook as google
from billing.stripe.api import webhook as stripe

urlpatterns = [path("apple", apple), path("google", google), path("stripe", stripe)]
