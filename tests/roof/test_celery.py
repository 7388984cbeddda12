"""The Celery application: what a worker's process does when it starts."""

from __future__ import annotations

import subprocess
import sys

START = """
import gc
from celery.signals import worker_process_init
from distillhub import celery_app

celery_app.loader.init_worker()
loaded = len(gc.get_objects())
worker_process_init.send(sender=None)
print(loaded, gc.get_freeze_count(), len(gc.get_objects()))
"""


def test_what_a_worker_has_loaded_is_put_by_from_the_collector() -> None:
    told = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True).stdout
    loaded, put_by, left = map(int, told.split())
    assert put_by > 0.9 * loaded
    assert left < 0.01 * loaded
