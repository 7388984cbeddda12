"""Several worker processes at one endpoint: its limits hold over all of them, and a storm of refusals heals (P-08)."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.inference.hostile import chat, http
from tests.worker import broker_url

REPOSITORY = Path(__file__).resolve().parents[2]
FULL = os.environ.get("FULL") == "1"
WORKERS = 4


@dataclass
class Server:
    """Answers after ``latency_s``, or refuses while ``refuses`` says so; notes when each request came."""

    latency_s: float
    refuses: Callable[[float], bool] = lambda at: False
    retry_after_s: int = 0
    answer: bytes = http(chat())
    came: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    in_flight: int = 0
    most: dict[int, int] = field(default_factory=dict)  # by second, the most in flight
    began: float = field(default_factory=time.monotonic)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
                await self._reply(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            """The worker went away."""
        finally:
            writer.close()

    async def _reply(self, writer: asyncio.StreamWriter) -> None:
        at = time.monotonic() - self.began
        self.came.append(at)
        self.in_flight += 1
        self.most[int(at)] = max(self.most.get(int(at), 0), self.in_flight)
        await asyncio.sleep(self.latency_s)
        self.in_flight -= 1
        if self.refuses(at):
            self.refused.append(time.monotonic() - self.began)
            asked = f"Retry-After: {self.retry_after_s}\r\n"
            writer.write(http({}, status="429 Too Many Requests", headers=asked))
        else:
            writer.write(self.answer)
        await writer.drain()

    def between(self, start: float, end: float) -> int:
        return sum(start <= at < end for at in self.came)


def play(server: Server, *, seconds: float, at_once: int, workers: int = WORKERS, **address: object) -> Counter[str]:
    """How the calls of all workers ended. The server's clock starts with the first request."""

    async def scene() -> Counter[str]:
        listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
        told = {
            "base_url": f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1",
            "board_url": broker_url(),
            "seconds": seconds,
            "at_once": at_once,
            "address": {"key": f"end_{uuid.uuid4().hex}", **address},
        }
        command = (sys.executable, "-m", "tests.inference.caller", json.dumps(told))
        pipe = asyncio.subprocess.PIPE
        processes = [
            await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, stdout=pipe) for _ in range(workers)
        ]
        while not server.came:
            await asyncio.sleep(0.01)
        ends: Counter[str] = Counter()
        for process in processes:
            said, _ = await process.communicate()
            ends.update(json.loads(said))
        listening.close()
        return ends

    return asyncio.run(scene())


def steady(server: Server) -> tuple[float, float]:
    """Five seconds in which all workers call: from two seconds after the first request on."""
    return server.came[0] + 2.5, server.came[0] + 7.5


@pytest.mark.slow
def test_calls_a_minute_hold_over_all_workers() -> None:
    server = Server(0.02)
    ends = play(server, seconds=9, at_once=8, concurrency=64, requests_per_minute=2400)
    assert set(ends) == {"answered"}
    # Forty a second for five seconds, within five in a hundred.
    assert 190 <= server.between(*steady(server)) <= 210


@pytest.mark.slow
def test_tokens_a_minute_hold_over_all_workers() -> None:
    usage = {"prompt_tokens": 90, "completion_tokens": 10}
    server = Server(0.02, answer=http(chat(usage=usage)))
    ends = play(server, seconds=9, at_once=8, concurrency=64, tokens_per_minute=240_000)
    assert set(ends) == {"answered"}
    # A hundred tokens each, though they look like fewer before they are sent.
    assert 190 <= server.between(*steady(server)) <= 210


@pytest.mark.slow
@pytest.mark.parametrize("latency_s", [0.05, 1.5])
def test_calls_at_once_hold_over_all_workers_from_the_first_to_the_last(latency_s: float) -> None:
    server = Server(latency_s)
    ends = play(server, seconds=9, at_once=16, concurrency=10)
    assert set(ends) == {"answered"}
    assert max(server.most.values()) == 10


@pytest.mark.chaos
def test_a_storm_of_refusals_heals() -> None:
    storm_s, retry_after_s = (60.0, 5) if FULL else (8.0, 2)
    server = Server(0.05, retry_after_s=retry_after_s)
    calm_s = 5.0

    def refuses(at: float) -> bool:
        return server.came[0] + calm_s <= at < server.came[0] + calm_s + storm_s

    server.refuses = refuses
    ends = play(server, seconds=calm_s + storm_s + 12, at_once=8, workers=2, concurrency=16)
    assert set(ends) == {"answered"}
    begins, heals = server.came[0] + calm_s, server.came[0] + calm_s + storm_s
    # What was on its way when it began has a second to end; then one asks at a time, and never before it may.
    probes = [at for at in server.came if begins + 1 <= at < heals]
    assert probes
    for at in (one for one in server.came if begins + 1 <= one):
        before = [refused for refused in server.refused if refused <= at]
        if at < heals:
            assert at - before[-1] >= retry_after_s - 0.05
    assert all(after - before >= 1 for before, after in itertools.pairwise(probes))
    calm = server.between(begins - 2, begins) / 2
    healed = next(at for at in range(1, 16) if server.between(heals + at - 1, heals + at) >= 0.9 * calm)
    assert healed <= 15
