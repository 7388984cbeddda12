"""What open streams of events cost the pages beside them, on a running installation, in one run.

    python -m benchmarks.streams [--rounds 100]

Needs `make demo` (services up, demo told). Opens live streams of a run that never ends until the server refuses one,
and measures the list of runs from four clients at once before, beside and after them. Prints a Markdown table and how
many database connections the streams hold while they sleep.
"""

from __future__ import annotations

import argparse
import atexit
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import django
import httpx
import psycopg

from benchmarks.pages import PAGES, sign_in
from distillhub.embedded import state

CLIENTS = 4
WAITING = "/o/demo/p/support-bot/runs/{number}/"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args().rounds
    standing = state.read()
    if standing is None:
        raise SystemExit("Nothing runs here; start with `make demo`.")
    number = _unending_run()
    clients = [httpx.Client(base_url=f"http://127.0.0.1:{standing.web_port}", follow_redirects=True)
               for _ in range(CLIENTS)]  # fmt: skip
    for client in clients:
        sign_in(client, Path(standing.home))
    lines = [("without streams", _measure(clients, rounds))]
    before = _connections(standing.database_url)
    with ExitStack() as streams:
        opened = _open_all(clients[0], f"{WAITING.format(number=number)}events", streams)
        time.sleep(2)
        lines.append((f"beside {opened} streams", _measure(clients, rounds)))
        held = _connections(standing.database_url)
    time.sleep(2)
    lines.append(("after them", _measure(clients, rounds)))
    print(f"| list of runs, {CLIENTS} clients | median ms | p95 ms | largest ms |\n|---|--:|--:|--:|")
    for name, times in lines:
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"| {name} | {statistics.median(times):.1f} | {p95:.1f} | {max(times):.1f} |")
    print(f"\nDatabase connections of all processes, eight times: before {before}, with {opened} streams {held}")


def _open_all(client: httpx.Client, path: str, streams: ExitStack) -> int:
    opened = 0
    while True:
        response = streams.enter_context(
            httpx.stream("GET", str(client.base_url.join(path)), cookies=client.cookies, timeout=30)
        )
        if response.status_code != 200:
            return opened
        opened += 1


def _measure(clients: list[httpx.Client], rounds: int) -> list[float]:
    def one(client: httpx.Client) -> list[float]:
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            client.get(PAGES["runs"]).raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
        return times

    with ThreadPoolExecutor(len(clients)) as pool:
        return [took for times in pool.map(one, clients) for took in times]


def _connections(database_url: str) -> list[int]:
    found = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        for _ in range(8):
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
            found.append(row[0] if row else 0)
            time.sleep(0.13)
    return found


def _unending_run() -> int:
    """A run of the demo's own pieces, paused in the transaction that starts it; it is cancelled when this ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "distillhub.settings")
    django.setup()
    # The product can be imported only once Django is set up.
    from apps.evals import actions, queries  # noqa: PLC0415
    from apps.projects import queries as projects  # noqa: PLC0415
    from apps.tenancy.acting import acting  # noqa: PLC0415
    from apps.tenancy.queries import as_operator, organization  # noqa: PLC0415

    found = organization("demo")
    if found is None:
        raise SystemExit("The demo was not told here; start with `make demo`.")
    who = as_operator(found.id, "benchmark")
    with acting(who):
        project = projects.project("support-bot")
        last = queries.runs(project)[0]
        run = actions.start_run(
            project, dataset=last.dataset_version, teacher=last.teacher, student=last.student, suite=last.suite_version
        )
        actions.pause_run(run, because="a benchmark watches it")

    def cancel() -> None:
        with acting(who):
            actions.cancel_run(run, because="the benchmark is over")

    atexit.register(cancel)
    return int(run.number)


if __name__ == "__main__":
    main()
