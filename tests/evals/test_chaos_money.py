"""P-06: a worker dies between a call and its row, time and again; what the run says it cost is never too little."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from uuid import uuid4

import pytest

from apps.evals.progress import progress
from apps.kernel import lifecycle
from apps.tenancy.acting import acting
from tests.chaos import CALL_USD, answered, hold_the_account, right, start, state, until
from tests.conftest import founder
from tests.fakes import upstream
from tests.worker import Worker

FULL = bool(os.environ.get("FULL"))
RUNS = 4
# Every so many calls one is billed and its caller dies before it can read the answer.
CALLS_PER_KILL = 6
pytestmark = pytest.mark.chaos


def _deadly(kills: int) -> tuple[upstream.Rule, list[upstream.Upstream]]:
    """A rule that kills so many callers; its server is put into the list once it stands."""
    counter, served, one_by_one = itertools.count(1), [], threading.Lock()

    def rule(request: dict) -> str | int:
        # Calls come side by side: two that both found one kill left would make it two.
        with one_by_one:
            if next(counter) % CALLS_PER_KILL == 0 and served[0].killed < kills:
                served[0].kill_caller()
        return right(request)

    return rule, served


def test_what_was_billed_is_never_told_too_low(committed: None, hire: Callable[..., Worker]) -> None:
    """Four runs side by side, so that one goes on while another waits for its lease to run out."""
    kills, rows = (50, 220) if FULL else (3, 30)
    with ExitStack() as stack:
        for _ in range(2):
            hire(DISTILLHUB_EVAL_LEASE_SECONDS="1")
        begun = []
        for _ in range(RUNS):
            rule, served = _deadly(kills)
            served.append(stack.enter_context(upstream.serving(rule, latency_s=0.02)))
            name = f"chaos-{uuid4().hex[:8]}"
            who = founder(f"{name}@example.test", name)
            begun.append((who, start(who, served[0].base_url, rows, concurrency=2), served[0]))
        for who, run, _ in begun:
            until(
                lambda who=who, run=run: state(who, run) == lifecycle.COMPLETED,
                seconds=1500 if FULL else 120,
                says=lambda who=who, run=run: answered(who, run),
            )
        killed, certain, unconfirmed, billed, faults = 0, Decimal(0), Decimal(0), Decimal(0), 0
        for who, run, server in begun:
            faults += hold_the_account(who, run, server, rows)["faults"]
            with acting(who.who):
                told = progress(run)
            killed, billed = killed + server.killed, billed + server.answered * CALL_USD
            certain, unconfirmed = certain + told.certain_usd, unconfirmed + told.unconfirmed_usd
    print(f"P-06: {killed} kills; billed {billed} USD, told {certain} certain + up to {unconfirmed}; {faults} faults")
    assert killed == RUNS * kills
    assert certain < billed <= certain + unconfirmed
