"""How long Python's collector stops a worker: a full collection of all it has loaded, and of what it has not put by.

    python -m benchmarks.pauses [--rounds 9]

Every call in flight waits for it. The floor is a bare Python in the same run.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

BARE = "import gc\n"
LOADED = "import gc\nfrom distillhub import celery_app\ncelery_app.loader.init_worker()\n"
PUT_BY = LOADED + "from distillhub import celery\ncelery.spare_what_is_loaded()\n"
TIMED = """import time
times = []
gc.collect()
for _ in range({rounds}):
    began = time.perf_counter()
    gc.collect()
    times.append(time.perf_counter() - began)
print(len(gc.get_objects()), *times)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print("| process | objects the collector walks over | full collection, ms: median | longest |\n|---|--:|--:|--:|")
    for name, start in (("bare Python (floor)", BARE), ("a worker, nothing put by", LOADED), ("**a worker**", PUT_BY)):
        objects, *seconds = collected(start, rounds)
        told = f"{1000 * statistics.median(seconds):.1f} | {1000 * max(seconds):.1f}"
        print(f"| {name} | {objects:,.0f} | {told} |", flush=True)


def collected(start: str, rounds: int) -> list[float]:
    """How many objects are walked over, then the seconds of each full collection, in a fresh process."""
    command = [sys.executable, "-c", start + TIMED.format(rounds=rounds)]
    return [float(text) for text in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]


if __name__ == "__main__":
    main()
