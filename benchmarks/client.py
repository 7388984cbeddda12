"""What one call costs the client: CPU time, and the share of a slow server's limit that it reaches.

python -m benchmarks.client --upstream path/to/a/model/server [--latency 0,50] [--calls 4000] [--board redis://…]

The server is any program that takes ``--port`` and ``--latency`` (ms) and speaks OpenAI's chat completions.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import socket
import subprocess
import time
from dataclasses import dataclass

from apps.inference.client import Address, Client
from apps.kernel.chat import ChatRequest, Message

AT_ONCE = 64
PROMPT = "Say in one sentence what a distilled model is. " * 8


@dataclass(frozen=True, slots=True)
class Cost:
    calls: int
    seconds: float
    cpu_s: float
    faults: int

    def line(self, latency_ms: float) -> str:
        per_call_us = self.cpu_s / self.calls * 1e6
        rate = self.calls / self.seconds
        limit = AT_ONCE / latency_ms * 1000 if latency_ms else None
        share = f", {rate / limit:.3f} of {limit:,.0f}" if limit else ""
        return (
            f"{latency_ms:g} ms upstream: {per_call_us:.0f} us CPU a call ({per_call_us / 1000:.3f} s per 1,000), "
            f"{rate:,.0f} calls/s{share}, {self.faults} faults"
        )


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure(base_url: str, *, calls: int, board_url: str, parameters: dict[str, object]) -> Cost:
    """The cost of ``calls`` calls, 64 at once, after as many to warm up as are in flight."""
    address = Address(base_url, concurrency=AT_ONCE, key="benchmark")
    numbers = iter(range(calls + AT_ONCE))
    faults = 0

    async def go_on(client: Client, until: int) -> None:
        nonlocal faults
        for number in numbers:
            request = ChatRequest("m", (Message("user", f"{PROMPT}{number}"),), parameters)
            answer = await client.complete(address, request, deadline_s=30)
            faults += answer.fault is not None
            if number >= until:
                return

    async with Client(allow=("127.0.0.1:*",), board_url=board_url) as client:
        await asyncio.gather(*(go_on(client, 0) for _ in range(AT_ONCE)))
        began, used = time.perf_counter(), cpu_s()
        await asyncio.gather(*(go_on(client, calls + AT_ONCE) for _ in range(AT_ONCE)))
        return Cost(calls, time.perf_counter() - began, cpu_s() - used, faults)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--latency", default="0,50")
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--board", default="")
    parser.add_argument("--stream", action="store_true")
    asked = parser.parse_args()
    parameters: dict[str, object] = {"temperature": 0, **({"stream": True} if asked.stream else {})}
    for latency in map(float, asked.latency.split(",")):
        port = free_port()
        server = subprocess.Popen([asked.upstream, "--port", str(port), "--latency", f"{latency:g}"])
        try:
            time.sleep(0.3)
            url = f"http://127.0.0.1:{port}/v1"
            cost = asyncio.run(measure(url, calls=asked.calls, board_url=asked.board, parameters=parameters))
            print(cost.line(latency), flush=True)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
