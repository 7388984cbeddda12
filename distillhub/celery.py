"""The Celery application: tasks are found in each room's ``tasks`` module, queues and timetable in the settings."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_init, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distillhub.settings")

app = Celery("distillhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def refuse_a_role_that_sees_through_the_fence(**_: Any) -> None:
    """A worker starts under the same condition as the web server."""
    # Django's models can be imported only once the worker has loaded the settings.
    from apps.tenancy import database_role  # noqa: PLC0415

    try:
        database_role.refuse()
    except database_role.RoleCanBypass as error:
        # Celery logs and forgets what a handler raises, but for an exit.
        raise SystemExit(str(error)) from None


@worker_process_init.connect
def spare_what_is_loaded(**_: Any) -> None:
    """Modules and models stay as long as the process.

    A full collection that walks over them stops every call in flight for longer than an answer takes
    (benchmarks/pauses.py).
    """
    gc.collect()
    gc.freeze()


@worker_shutting_down.connect
def let_tasks_end_in_order(**_: Any) -> None:
    """Slices of runs send nothing more, keep what comes back and give their leases up."""
    # The package of the organizations' tasks needs Django's settings, which the worker has loaded by now.
    from apps.tenancy import tasking  # noqa: PLC0415

    tasking.stop()
