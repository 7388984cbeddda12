"""Wall seconds and peak extra memory of one piece of work, in a process of its own on one core."""

from __future__ import annotations

import multiprocessing
import os
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

Answer = TypeVar("Answer")
Work = Callable[[], Callable[[], str]]
"""Prepares its input, then returns what is to be measured; that returns what there is to say about its answer."""


@dataclass(frozen=True, slots=True)
class Measured:
    """``peak_mb`` counts what Python and numpy hold beyond the prepared input, at its highest; None: not asked."""

    seconds: float
    peak_mb: float | None
    answer: str


def measured(work: Work, *, memory: bool = True) -> Measured:
    """Run the work in fresh processes, so that nothing is cached: once for the time, once more for the memory.

    Counting memory slows Python down several times; the seconds are those of the run without it.
    """
    seconds, answer = _alone(_timed, work)
    return Measured(seconds, _alone(_peak_mb, work) if memory else None, answer)


def _alone(run: Callable[[Work], Answer], work: Work) -> Answer:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, work).result()


def _timed(work: Work) -> tuple[float, str]:
    _keep_to_one_core()
    prepared = work()
    begun = time.perf_counter()
    answer = prepared()
    return time.perf_counter() - begun, answer


def _peak_mb(work: Work) -> float:
    prepared = work()
    tracemalloc.start()
    prepared()
    return tracemalloc.get_traced_memory()[1] / 1e6


def _keep_to_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
