"""Run the claims and print a Markdown table: python -m simulations [--full] [--only S-04]. Exit 1: a bar is missed."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from simulations.claims import CLAIMS, SEED
from simulations.result import FULL, SHORT, Result

FULL_PROCESSES = 2
HEAD = ("id", "claim", "worst", "bar", "verdict", "seconds", "seed")


def main(arguments: list[str]) -> int:
    """Print the table and, below it, where each worst value was found; the exit code says whether all bars hold."""
    asked = _parser().parse_args(arguments)
    names, scale = asked.only or list(CLAIMS), FULL if asked.full else SHORT
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}", flush=True)
    results = []
    # The short form keeps to one core, so that its seconds mean something.
    with ProcessPoolExecutor(FULL_PROCESSES if asked.full else 1) as pool:
        timed = [pool.submit(_timed, name, scale, asked.seed) for name in names]
        for waiting in timed:
            result, seconds = waiting.result()
            results.append(result)
            print(_line(result, seconds, asked.seed), flush=True)
    print()
    for result in results:
        print(f"- {result.id}: {result.detail}.")
    return 0 if all(result.holds for result in results) else 1


def _timed(name: str, scale: float, seed: int) -> tuple[Result, float]:
    begun = time.perf_counter()
    result = CLAIMS[name](scale, seed)
    return result, time.perf_counter() - begun


def _line(result: Result, seconds: float, seed: int) -> str:
    bar = f"{'≥' if result.at_least else '≤'} {result.bar:.4f}"
    verdict = "holds" if result.holds else "**missed**"
    cells = (result.id, result.claim, f"{result.worst:.4f}", bar, verdict, f"{seconds:.1f}", str(seed))
    return f"| {' | '.join(cells)} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulations", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all draws, the bars as they are, two processes")
    parser.add_argument("--only", action="append", choices=list(CLAIMS), metavar="S-04", help="one claim; repeatable")
    parser.add_argument("--seed", type=int, default=SEED)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
