"""Draws docs/lifecycles.md from the tables in apps/kernel/lifecycle.py: ``python docs/generate_lifecycles.py``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from apps.kernel.lifecycle import TABLES  # noqa: E402

PAGE = ROOT / "docs" / "lifecycles.md"
HEAD = """# Lifecycles

Which status may follow which. Drawn from `apps/kernel/lifecycle.py` by `python docs/generate_lifecycles.py`. Statuses
are written by `apps/audit/move.py` and nowhere else, and each step leaves an event in the trail.
"""


def page() -> str:
    return "\n".join([HEAD, *(_drawing(kind) for kind in sorted(TABLES))])


def _drawing(kind: str) -> str:
    table = TABLES[kind]
    reached = {after for following in table.values() for after in following}
    lines = [f"    [*] --> {status}" for status in table if status not in reached]
    lines += [f"    {before} --> {after}" for before, following in table.items() for after in sorted(following)]
    lines += [f"    {status} --> [*]" for status, following in table.items() if not following]
    return "\n".join([f"## {kind}\n", "```mermaid", "stateDiagram-v2", *lines, "```\n"])


if __name__ == "__main__":
    PAGE.write_text(page())
