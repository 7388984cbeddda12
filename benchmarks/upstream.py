"""The mock model server of the benches: one small C program, compiled into a temporary folder, started per round."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distillhub.embedded.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[1]


def folder() -> Path:
    """Where ``mock_upstream.c`` and the peers' adapters are: DISTILLHUB_BENCH, else beside the repository."""
    given = Path(os.environ.get("DISTILLHUB_BENCH") or REPOSITORY.parent / "shared" / "bench")
    if not (given / "mock_upstream.c").is_file():
        raise SystemExit(f"no mock_upstream.c in {given}; set DISTILLHUB_BENCH to the folder that holds it")
    return given


@dataclass(frozen=True, slots=True)
class Mock:
    port: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self) -> dict[str, Any]:
        """Counters: ``chat`` calls, ``span_s`` from the first request to the last reply, ``max_in_flight``."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/__stats", timeout=5) as answer:
            return dict(json.load(answer))


@contextmanager
def serving(*, latency_ms: float, arguments: tuple[str, ...] = ()) -> Iterator[Mock]:
    binary = Path(tempfile.gettempdir()) / "distillhub-bench" / "mock_upstream"
    source, port = folder() / "mock_upstream.c", free_port(0)
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise SystemExit("a C compiler is needed for the mock model server")
        binary.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([compiler, "-O2", "-o", str(binary), str(source), "-lm"], check=True)
    command = [str(binary), "--port", str(port), "--latency", str(latency_ms), "--tokens", "32", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        mock = Mock(port)
        for _ in range(100):
            try:
                mock.stats()
                break
            except OSError:
                time.sleep(0.02)
        yield mock
    finally:
        process.terminate()
        process.wait(5)
