"""Bare `pytest` where nothing was ever started: the services stand before the settings are read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from distillhub.embedded import services

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_first_pytest_of_a_home_passes(tmp_path: Path) -> None:
    without = ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL", "DISTILLHUB_DATABASE_NAME", "PYTEST_ADDOPTS")
    clean = {name: value for name, value in os.environ.items() if name not in without and "XDIST" not in name}
    home = tmp_path / "home"
    try:
        done = subprocess.run(
            [Path(sys.executable).with_name("pytest"), "-q", "-p", "no:cacheprovider", "tests/accounts"],
            cwd=REPOSITORY,
            env={**clean, "DISTILLHUB_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
    finally:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DISTILLHUB_HOME", str(home))
            services.clean()
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
