"""The event loop of a slice, in a thread of its own: lanes of jobs, one an endpoint, and the runners that do them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apps.evals.execute import asking
from apps.evals.execute.desk import Desk
from apps.evals.execute.work import Job, Lease
from apps.inference.client import Client
from apps.inference.ledger import Stopped
from apps.inference.loop import new_event_loop

# Runners for each call in flight: while one is on its way, the next ones have their attempts opened already.
RUNNERS_PER_CALL = 3
# Work without a call is done this many at a time, so that answers which arrive meanwhile are not kept waiting.
STEPS_BETWEEN_BREATHS = 20
OF_ITSELF = ""
LOOK_AGAIN_S = 0.1


@dataclass(slots=True)
class _Lane:
    queue: asyncio.Queue[Job]
    runners: list[asyncio.Task[None]]


class Flow:
    """Starts with its first ``feed`` from another thread, and ends some time after ``halt``.

    ``error`` is what broke it, if anything did: a mistake of ours, or an evaluator's.
    """

    def __init__(self, desk: Desk, client_of: Callable[[], Client]) -> None:
        self.error: BaseException | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._desk = desk
        self._client_of = client_of
        self._lanes: dict[str, _Lane] = {}
        self._gone: set[Lease] = set()
        self._open, self._over = asyncio.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._main, name="evals-flow", daemon=True)

    def feed(self, jobs: Iterable[Job]) -> None:
        if self.loop is None:
            self.loop = new_event_loop()
            self._thread.start()
        self.loop.call_soon_threadsafe(self._feed, list(jobs))

    def forget(self, lease: Lease) -> None:
        """Do nothing more for a lease that was lost."""
        self._gone.add(lease)

    def halt(self, why: str) -> None:
        """Send nothing more. What is on its way is waited for and kept."""
        if self._desk.halted is None:
            self._desk.halted = why
            if self.loop is not None:
                self.loop.call_soon_threadsafe(self._over.set)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _main(self) -> None:
        loop = self.loop
        assert loop is not None  # noqa: S101 - made before this thread
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            self.error = runner.run(self._watched())
        self._desk.ring()

    async def _watched(self) -> BaseException | None:
        whole = asyncio.create_task(self._run())
        await asyncio.wait([whole])
        return whole.exception()

    async def _run(self) -> None:
        async with self._client_of() as client:
            self._client = client
            self._open.set()
            await self._over.wait()
            runners = [one for lane in self._lanes.values() for one in lane.runners]
            left = set(runners)
            while left:
                # What was not sent, or waits to be sent again, is not worth waiting for.
                for runner in left - self._desk.sent:
                    runner.cancel()
                _, left = await asyncio.wait(left, timeout=LOOK_AGAIN_S)
        for runner in runners:
            if not runner.cancelled() and (broken := runner.exception()) is not None:
                raise broken

    def _feed(self, jobs: list[Job]) -> None:
        for job in jobs:
            address = job.arm.address if job.needs_call else None
            name = OF_ITSELF if address is None else address.key or address.base_url
            lane = self._lanes.get(name)
            if lane is None:
                count = 1 if address is None else address.concurrency * RUNNERS_PER_CALL
                lane = self._lanes[name] = _Lane(asyncio.Queue(), [])
                for _ in range(count):
                    runner = asyncio.get_running_loop().create_task(self._runner(lane.queue))
                    runner.add_done_callback(self._ended)
                    lane.runners.append(runner)
            lane.queue.put_nowait(job)

    async def _runner(self, queue: asyncio.Queue[Job]) -> None:
        await self._open.wait()
        steps = 0
        while self._desk.halted is None:
            job = await queue.get()
            if job.lease in self._gone:
                continue
            try:
                result = await asking.do(job, self._client, self._desk)
            except Stopped:
                continue
            finally:
                self._desk.sent.discard(asyncio.current_task())
            self._desk.finished(job.lease, result)
            steps += 1
            if steps % STEPS_BETWEEN_BREATHS == 0:
                await asyncio.sleep(0)

    def _ended(self, runner: asyncio.Task[None]) -> None:
        if not runner.cancelled() and runner.exception() is not None:
            self._desk.halted = self._desk.halted or "broken"
            self._over.set()
            self._desk.ring()
