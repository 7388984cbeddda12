"""Celery: the broker is a doorbell, the truth lives in rows (reliability.md, section 7)."""

from kombu import Queue

from distillhub.settings.env import secret

CELERY_BROKER_URL = secret("BROKER_URL", "broker_url", fallback="redis://127.0.0.1:6379/0")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
# Rows repair what a lost worker leaves behind; handing the same message back could loop on a poison batch.
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2}
# One worker serves all three; `celery worker -Q inference` serves one.
CELERY_TASK_QUEUES = [Queue("inference"), Queue("judging"), Queue("statistics")]
CELERY_TASK_DEFAULT_QUEUE = "statistics"
CELERY_TASK_ROUTES = {
    "evals.work": {"queue": "inference"},
    "evals.measure": {"queue": "inference"},
    "evals.judge": {"queue": "judging"},
}
# A first SIGTERM lets slices end: calls on their way come back, leases are given up.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30.0
# kombu's own defaults return an unacknowledged message only after about an hour.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_keepalive": True,
}
CELERY_BEAT_SCHEDULE = {
    "ring-unfinished-runs": {"task": "evals.ring", "schedule": 4.0, "options": {"expires": 4}},
    "ring-unsealed-runs": {"task": "scorecards.ring", "schedule": 15.0, "options": {"expires": 15}},
}
