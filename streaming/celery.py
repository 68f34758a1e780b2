"""The Celery application. Tasks have fixed names and take ids only; the beat schedule is in the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings.base")

app = Celery("backbeat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
