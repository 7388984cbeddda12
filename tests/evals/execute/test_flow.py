"""The loop's thread: jobs done at each endpoint's pace, halted without losing what was sent."""

from __future__ import annotations

import time
from dataclasses import replace

from apps.evals.execute.flow import Flow
from apps.evals.execute.work import Lease, jobs_of
from tests.evals.execute.jobs import LEASE, OpenDesk, job, work
from tests.fakes.provider import FakeClient


def client() -> FakeClient:
    return FakeClient(lambda _: "right", allow=["127.0.0.1:*"])


def ended(flow: Flow) -> bool:
    end = time.monotonic() + 10
    while flow.is_alive() and time.monotonic() < end:
        time.sleep(0.01)
    return not flow.is_alive()


def results(desk: OpenDesk, count: int) -> list[object]:
    found: list[object] = []
    end = time.monotonic() + 10
    while len(found) < count and time.monotonic() < end:
        found += desk.take(wait_s=1, group_s=0).answers
    return found


def test_what_is_fed_is_done_until_it_is_halted() -> None:
    desk = OpenDesk()
    flow = Flow(desk, client)  # type: ignore[arg-type]
    flow.feed(jobs_of(work()))
    assert len(results(desk, 2)) == 2
    assert flow.is_alive()
    flow.halt("nothing_left")
    assert ended(flow)
    assert (flow.error, desk.halted) == (None, "nothing_left")


def test_jobs_of_a_lost_lease_are_left_alone() -> None:
    desk = OpenDesk()
    flow = Flow(desk, client)  # type: ignore[arg-type]
    flow.forget(LEASE)
    flow.feed([job()])
    flow.feed([replace(job(), lease=Lease(LEASE.batch_id, 2))])
    ((lease, _),) = results(desk, 1)
    flow.halt("nothing_left")
    assert ended(flow)
    assert lease.token == 2


def test_a_mistake_ends_the_flow_and_is_told() -> None:
    def broken(_: object) -> str:
        raise ZeroDivisionError

    desk = OpenDesk()
    flow = Flow(desk, lambda: FakeClient(broken, allow=["127.0.0.1:*"]))  # type: ignore[arg-type]
    flow.feed([job()])
    assert ended(flow)
    assert isinstance(flow.error, ZeroDivisionError)
