from django.urls import path

from catalog.ingest import parts, staff

urlpatterns = [
    path("uploads/s3/multipart", parts.create),
    path("uploads/s3/multipart/<str:uid>", parts.one),
    path("uploads/s3/multipart/<str:uid>/<int:number>", parts.sign),
    path("uploads/s3/multipart/<str:uid>/complete", parts.complete),
    path("uploads/start", staff.start),
    path("uploads/<str:uid>/complete", staff.complete),
    path("uploads/<str:uid>", staff.status),
]
