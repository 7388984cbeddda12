"""A run's engine at the limit of what its endpoint allows, with every row and every call durable in Postgres.

    python -m benchmarks.engine [--calls 1000,10000] [--latency 50] [--peers FOLDER]

Starts this installation's own Postgres and Valkey, a real Celery worker and a mock model server; prints a Markdown
table. The floors (a worker pool without any database) and, if asked for, other engines are measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import django
import psutil

from benchmarks import upstream
from distillhub.embedded import schema, services
from distillhub.embedded.processes import ServiceFailed

CONCURRENCY = 64
MEBIBYTE = 1024 * 1024
READY_S, GIVE_UP_S = 60.0, 900.0
PEERS = ("lm-eval", "inspect")
HEAD = "| engine | calls | in flight | rows/s | of limit | CPU s/1k calls | RSS MB | first call s | stored |"


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a long run that ended at ``calls``: its rate, the worker's memory, transactions of the database."""

    calls: int
    at_s: float
    per_second: float
    rss_mb: float
    commits: int
    commits_per_call: float

    def __str__(self) -> str:
        return f"{self.per_second:,.0f} rows/s, {self.rss_mb:.0f} MB, {self.commits_per_call:.3f} transactions a call"


@dataclass(frozen=True, slots=True)
class Round:
    calls: int
    in_flight: int
    per_second: float
    of_limit: float | None
    cpu_per_1k: float
    rss_mb: float
    first_call_s: float
    stored: str
    steps: tuple[Step, ...] = ()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", default="1000,10000")
    parser.add_argument("--latency", type=float, default=50.0, help="milliseconds of the mock model server")
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--all-queues", action="store_true", help="the worker serves every queue, as one started bare")
    parser.add_argument("--judge", action="store_true", help="half of the calls ask a judge about the other half")
    parser.add_argument("--no-floors", action="store_true")
    parser.add_argument("--peers", type=Path, help="a folder of virtual environments: v-main, v-lmeval, v-inspect")
    asked = parser.parse_args()
    services.ensure()
    schema.ensure()
    django.setup()
    # Models exist only once Django is set up, which needs the services' addresses.
    from benchmarks import engine_run  # noqa: PLC0415

    print(HEAD + "\n|---|--:|--:|--:|--:|--:|--:|--:|---|", flush=True)
    with worker(all_queues=asked.all_queues) as process:
        engine_run.warm_up(asked.concurrency, judged=asked.judge)
        for calls in [int(text) for text in asked.calls.split(",") for _ in range(asked.rounds)]:
            found = engine_run.measure(
                process, calls, concurrency=asked.concurrency, latency_ms=asked.latency, judged=asked.judge
            )
            print(line("**ours, judged**" if asked.judge else "**ours**", found), flush=True)
            for step in found.steps[1:]:
                print(f"<!-- to {step.calls:,}: {step} -->", flush=True)
    if not asked.no_floors:
        others(asked)


def line(name: str, found: Round) -> str:
    of_limit = "–" if found.of_limit is None else f"{found.of_limit:.3f}"
    return (
        f"| {name} | {found.calls:,} | {found.in_flight} | {found.per_second:,.0f} | {of_limit} "
        f"| {found.cpu_per_1k:.2f} | {found.rss_mb:.0f} | {found.first_call_s:.2f} | {found.stored} |"
    )


@contextmanager
def worker(*, all_queues: bool = False) -> Iterator[psutil.Process]:
    """A worker as the product starts one, with its beat, on a broker database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="distillhub-engine-"))
    log = folder / "worker.log"
    command = [
        *(sys.executable, "-m", "celery", "-A", "distillhub", "worker", "-B", "-c", "2", "-l", "INFO"),
        # Scorecards are sealed by another worker's queue: their statistics are no part of what is measured here.
        *(() if all_queues else ("-Q", "inference,judging")),
        *("-n", f"bench-{uuid4().hex[:8]}@%h", "-s", str(folder / "beat"), "--without-mingle", "--without-gossip"),
    ]
    with log.open("wb") as output:
        running = subprocess.Popen(command, stdout=output, stderr=output, cwd=upstream.REPOSITORY, env=os.environ)
    try:
        until = time.monotonic() + READY_S
        while b"ready." not in log.read_bytes():
            if running.poll() is not None or time.monotonic() > until:
                raise ServiceFailed(f"the worker did not start: {log.read_text()[-1500:]}")
            time.sleep(0.1)
        yield psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait(60)


def others(asked: argparse.Namespace) -> None:
    """The floors and the peers, by the benches' own script: one call a row, two string evaluators, no database."""
    bench = upstream.folder()
    engines, arguments = "floor:raw,floor:aiohttp", []
    with tempfile.TemporaryDirectory() as folder:
        if asked.peers:
            specs = json.loads((bench / "specs" / "engines.json").read_text())
            here = {"scratch/": f"{asked.peers}/", "bench/": f"{bench}/"}
            chosen = {
                name: {**specs[name], "cmd": [_placed(part, here) for part in specs[name]["cmd"]]} for name in PEERS
            }
            (Path(folder) / "peers.json").write_text(json.dumps(chosen))
            engines = ",".join([engines, *PEERS])
            arguments = ["--spec", str(Path(folder) / "peers.json")]
        python = asked.peers / "v-main" / "bin" / "python" if asked.peers else Path(sys.executable)
        out = Path(folder) / "out.json"
        for calls in asked.calls.split(","):
            command = [
                *(sys.executable, str(bench / "eval_bench.py"), "--engines", engines, "--rows", calls, "--rounds", "1"),
                *("--latency", f"{asked.latency:g}", "--concurrency", str(asked.concurrency), "--python", str(python)),
                *("--no-pin", "--out", str(out), *arguments),
            ]
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd=folder)
            for name, result in json.loads(out.read_text())["results"].items():
                print(_other(name, result, asked), flush=True)


def _placed(part: str, here: dict[str, str]) -> str:
    for start, folder in here.items():
        if part.startswith(start):
            return folder + part.removeprefix(start)
    return part


def _other(name: str, result: dict, asked: argparse.Namespace) -> str:
    rounds = result.get(f"{asked.latency:g}") or result.get(str(asked.latency)) or []
    if not rounds:
        return f"| {name} | – | – | failed: {str(result.get('failed'))[:80]} | | | | | |"
    one, small = rounds[-1], result["small"][-1]
    per_second = one["rows"] / one["span"]
    return line(
        name,
        Round(
            calls=one["calls"],
            in_flight=one["max_in_flight"],
            per_second=per_second,
            of_limit=limit_share(per_second, asked.concurrency, asked.latency),
            cpu_per_1k=(one["cpu"] - small["cpu"]) / max(one["rows"] - small["rows"], 1) * 1000,
            rss_mb=one["rss_mb"],
            first_call_s=small["wall"],
            stored="a file",
        ),
    )


def limit_share(per_second: float, concurrency: int, latency_ms: float) -> float | None:
    return per_second / (concurrency / latency_ms * 1000) if latency_ms else None


if __name__ == "__main__":
    main()
