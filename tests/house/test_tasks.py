"""Every message names its organization first, and every name that is rung has somebody to answer."""

from __future__ import annotations

import ast

import pytest

from distillhub import celery_app
from tests.house.source import ROOT


def decorated(kind: str) -> list[tuple[str, ast.FunctionDef]]:
    """(task name, function) of every ``@task("name")`` or ``@sweeper("name")`` in the rooms."""
    found = []
    for path in (ROOT / "apps").glob("*/tasks.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == kind:
                    found.append((str(ast.literal_eval(mark.args[0])), node))
    return found


def rung() -> set[str]:
    """Every literal name given to ``enqueue``."""
    names = set()
    for path in (ROOT / "apps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "enqueue":
                names.add(str(ast.literal_eval(node.args[0])))
    return names


def test_a_tenant_task_takes_the_organization_first() -> None:
    tasks = decorated("task")
    assert len(tasks) >= 3
    for name, function in tasks:
        assert [argument.arg for argument in function.args.args][:1] == ["organization_id"], name


def test_every_name_that_is_rung_is_a_task() -> None:
    assert rung() <= {name for name, _ in decorated("task")}


def test_every_task_is_registered_with_celery_and_every_sweeper_has_its_time() -> None:
    celery_app.loader.import_default_modules()
    names = {name for kind in ("task", "sweeper") for name, _ in decorated(kind)}
    assert names <= set(celery_app.tasks)
    timed = {entry["task"] for entry in celery_app.conf.beat_schedule.values()}
    assert timed == {name for name, _ in decorated("sweeper")}


@pytest.mark.parametrize("setting", ["task_acks_late", "task_ignore_result"])
def test_the_broker_is_a_doorbell(setting: str) -> None:
    assert celery_app.conf[setting] is True
    assert celery_app.conf.accept_content == ["json"]
