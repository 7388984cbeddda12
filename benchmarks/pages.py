"""Server time of the main pages of a running installation, beside its own floor (/healthz), in one run.

    python -m benchmarks.pages [--rounds 30]

Needs `make demo` (services up, demo told). Prints a Markdown table: page, bytes, median and largest milliseconds, and
the ratio of the median to the floor's median.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from pathlib import Path

import httpx

from distillhub.embedded import state

OPEN = {"floor: /healthz": "/healthz", "sign-in": "/login/"}
PAGES = {
    "overview": "/o/demo/p/support-bot/",
    "models": "/o/demo/p/support-bot/models/",
    "dataset": "/o/demo/p/support-bot/datasets/support-golden@1/",
    "runs": "/o/demo/p/support-bot/runs/",
    "scorecard": "/o/demo/p/support-bot/scorecards/1/",
    "decisions": "/o/demo/p/support-bot/decisions/",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    standing = state.read()
    if standing is None:
        raise SystemExit("Nothing runs here; start with `make demo`.")
    with httpx.Client(base_url=f"http://127.0.0.1:{standing.web_port}", follow_redirects=True) as client:
        measured = {name: _measure(client, path, rounds) for name, path in OPEN.items()}
        sign_in(client, Path(standing.home))
        measured |= {name: _measure(client, path, rounds) for name, path in PAGES.items()}
    floor = statistics.median(next(iter(measured.values()))[1])
    print("| page | bytes | median ms | largest ms | × floor |\n|---|--:|--:|--:|--:|")
    for name, (size, times) in measured.items():
        median = statistics.median(times)
        print(f"| {name} | {size:,} | {median:.1f} | {max(times):.1f} | {median / floor:.1f} |")


def sign_in(client: httpx.Client, home: Path) -> None:
    login = json.loads((home / "demo-login.json").read_text())
    page = client.get("/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    if token is None:
        raise SystemExit("The sign-in page has no form; is this a DistillHub?")
    form = {"username": login["email"], "password": login["password"], "csrfmiddlewaretoken": token[1]}
    client.post("/login/", data=form, headers={"Referer": str(page.url)}).raise_for_status()


def _measure(client: httpx.Client, path: str, rounds: int) -> tuple[int, list[float]]:
    client.get(path).raise_for_status()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        response = client.get(path)
        times.append((time.perf_counter() - began) * 1000)
    return len(response.content), times


if __name__ == "__main__":
    main()
