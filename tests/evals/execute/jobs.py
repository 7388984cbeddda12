"""Jobs for tests of the event loop's side, and a desk that opens every attempt at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from apps.evals.execute.desk import Closing, Desk, Opening
from apps.evals.execute.work import ANSWERING, Arm, Entry, Frame, Job, Lease, Recorded, Task, Work
from apps.inference.client import Address
from apps.inference.ledger import Stopped
from apps.kernel.price import PriceCard

HERE = Address("http://127.0.0.1:9/v1", concurrency=4, key="here")
PRICE = PriceCard(Decimal(1), Decimal(1))
TASK = Task("ex-1", "row-1", "plain", {"input": "q", "context": "c", "reference": "right"})
MATCH = Entry("Match", "exact_match", {}, frozenset(), None)
LEASE = Lease(UUID(int=1), 1)
RUN = UUID(int=2)


class OpenDesk(Desk):
    """Keeps what was opened and closed; refuses with ``refusal`` where one is set."""

    def __init__(self, refusal: str | None = None) -> None:
        super().__init__()
        self.openings: list[Opening] = []
        self.closings: list[Closing] = []
        self.refusal = refusal

    async def opened(self, opening: Opening) -> None:
        if self.refusal is not None:
            raise Stopped(self.refusal)
        self.openings.append(opening)

    def closed(self, closing: Closing) -> None:
        self.closings.append(closing)


def arm(role: str, *, address: Address | None = HERE, recorded: Mapping[str, Recorded] | None = None) -> Arm:
    return Arm(role, address, role, {"temperature": 0, "max_tokens": 10}, PRICE, recorded or {})


def frame(*entries: Entry, arms: tuple[Arm, ...] = (), seed: int | None = None, repeats: int = 1) -> Frame:
    return Frame(RUN, arms or (arm("teacher"), arm("student")), entries or (MATCH,), repeats, seed, 5.0)


def job(*entries: Entry, side: Arm | None = None, task: Task = TASK, repeat: int = 0, seed: int | None = None) -> Job:
    return Job(frame(*entries, seed=seed), LEASE, task, side or arm("student"), repeat)


def work(*tasks: Task, **how: object) -> Work:
    return Work(frame(), LEASE, ANSWERING, tasks or (TASK,), **how)  # type: ignore[arg-type]
