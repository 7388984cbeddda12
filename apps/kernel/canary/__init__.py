"""A student on a small share of live traffic: what is watched, and when to roll back, freeze or promote.

``start`` makes a ``Watch`` from a ``Plan``, ``advance`` takes one conversation after the other in the order they were
asked (``ready``), ``read`` says what to do. Everything is a value; the watch is kept as one JSON document.
"""

from apps.kernel.canary.observation import Observation, ready
from apps.kernel.canary.plan import Guard, Plan
from apps.kernel.canary.reading import Reading, Reason, read
from apps.kernel.canary.watch import Watch, advance, resume, start

__all__ = [
    "Guard",
    "Observation",
    "Plan",
    "Reading",
    "Reason",
    "Watch",
    "advance",
    "read",
    "ready",
    "resume",
    "start",
]
