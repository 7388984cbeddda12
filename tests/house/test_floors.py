"""A room uses only the rooms below it; the kernel is pure; doors never see a table (contracts in pyproject.toml)."""

import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.source import ROOT


def test_the_import_contracts_are_kept():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [sys.executable, linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_chosen_its_floor():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(contract for contract in contracts if contract["name"].startswith("1 "))
    assert floors["exhaustive"] is True
    placed = {room.strip(" ()") for layer in floors["layers"] for room in layer.split("|")}
    rooms = {path.parent.name for path in (ROOT / "apps").glob("*/__init__.py")}
    assert rooms <= placed, f"choose a floor for {sorted(rooms - placed)} in pyproject.toml"
