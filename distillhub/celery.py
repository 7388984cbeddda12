"""The Celery application: tasks are found in each room's ``tasks`` module, queues and timetable in the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distillhub.settings")

app = Celery("distillhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
