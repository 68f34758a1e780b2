from django.urls import path

from billing.api import MeView
from billing.offers import api as offers

urlpatterns = [
    path("me", MeView.as_view()),
    path("offerings", offers.OfferingsView.as_view()),
    path("me/subscription", offers.SubscriptionView.as_view()),
    path("me/subscription/checkout", offers.CheckoutView.as_view()),
    path("me/subscription/portal", offers.PortalView.as_view()),
    path("me/subscription/restore", offers.RestoreView.as_view()),
    path("me/purchases", offers.PurchasesView.as_view()),
]
