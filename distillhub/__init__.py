"""DistillHub: whether a distilled student may replace its teacher, decided per cohort and proved years later."""

from distillhub.celery import app as celery_app

__all__ = ["celery_app"]
