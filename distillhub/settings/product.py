"""What the product itself lets an operator tune."""

from distillhub.embedded import state
from distillhub.settings.env import WEB_PORT, env, secret

# State, logs and local models of this installation.
DISTILLHUB_HOME = str(state.home_folder())
# Where people reach the pages; printed by commands and put into links.
PUBLIC_URL = env.str("DISTILLHUB_URL", default=f"http://127.0.0.1:{WEB_PORT}")

# A batch whose worker died is handed out again after this long.
EVAL_LEASE_SECONDS = env.int("DISTILLHUB_EVAL_LEASE_SECONDS", default=60)
# For so long after the database came back no batch is taken for a dead worker's: the living renew their leases first.
EVAL_GRACE_SECONDS = env.int("DISTILLHUB_EVAL_GRACE_SECONDS", default=EVAL_LEASE_SECONDS)
# Examples of a live run in one batch; its lease is renewed while it is worked on.
EVAL_BATCH_EXAMPLES = env.int("DISTILLHUB_EVAL_BATCH_EXAMPLES", default=64)
# Slices of one run that are worked on at the same time, by all workers together.
EVAL_SEATS = env.int("DISTILLHUB_EVAL_SEATS", default=4)
# What a slice may take although others wait.
EVAL_SLICE_SECONDS = env.float("DISTILLHUB_EVAL_SLICE_SECONDS", default=3.0)
EVAL_CALL_DEADLINE_SECONDS = env.float("DISTILLHUB_EVAL_CALL_DEADLINE_SECONDS", default=30.0)
# How long a call waits for an endpoint that asks us to slow down, and for one that fails.
EVAL_PATIENCE_SLOWED_SECONDS = env.float("DISTILLHUB_EVAL_PATIENCE_SLOWED_SECONDS", default=900.0)
EVAL_PATIENCE_FAILING_SECONDS = env.float("DISTILLHUB_EVAL_PATIENCE_FAILING_SECONDS", default=120.0)
# Where workers share the limits of endpoints: Valkey or Redis. With a broker of another kind, each keeps them alone.
LIMITS_URL = env.str("DISTILLHUB_LIMITS_URL", default="") or secret("BROKER_URL", "broker_url")

UPLOAD_MAX_BYTES = env.int("DISTILLHUB_UPLOAD_MAX_BYTES", default=64 * 1024 * 1024)

# A stream of events occupies a thread of the web server: how many one process carries, and for how long each.
# The server needs more threads than this, or pages wait; `python -m distillhub up` sees to both.
STREAMS_MAX = env.int("DISTILLHUB_STREAMS_MAX", default=2)
STREAM_SECONDS = env.float("DISTILLHUB_STREAM_SECONDS", default=60.0)
