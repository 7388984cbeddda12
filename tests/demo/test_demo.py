"""``manage.py demo`` with a real Celery worker, over recorded outputs: what it prints can be relied on."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from tests.worker import Worker, own_broker


def demo(home: Path, *arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    with override_settings(DISTILLHUB_HOME=str(home)):
        call_command("demo", "--recorded", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.slow
def test_the_demo_runs_on_a_worker_and_shows_scorecard_address_and_login(
    committed: None, database_name: str, tmp_path: Path
) -> None:
    with own_broker() as broker:
        worker = Worker(tmp_path, database=database_name, broker=broker)
        try:
            text, _ = demo(tmp_path)
            out, told = demo(tmp_path, "--json")
        finally:
            worker.stop()
    assert "✕ FAIL" in text
    assert "/o/demo/p/support-bot/scorecards/" in text
    assert json.loads((tmp_path / "demo-login.json").read_text())["password"] in text
    document = json.loads(out)
    assert document["verdict"] == "fail"
    assert {cell["cohort"] for cell in document["cells"]} >= {"*", "refund-amount", "routing"}
    assert "recorded outputs" in told
