from django.urls import path

from accounts.api import SignInView, SignOutView, SignUpView

urlpatterns = [
    path("sign-up", SignUpView.as_view()),
    path("sign-in", SignInView.as_view()),
    path("sign-out", SignOutView.as_view()),
]
