from django.urls import path

from catalog.ingest import staff

urlpatterns = [
    path("uploads/start", staff.start),
    path("uploads/<str:uid>/complete", staff.complete),
    path("uploads/<str:uid>", staff.status),
]
