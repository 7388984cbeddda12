"""A run paused, resumed, cancelled and retried from a terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from apps.audit.models import AuditEvent
from apps.datasets.models import Example
from apps.evals.models import EvalRun, Generation
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs

Control = Callable[..., tuple[int, str, str]]


@pytest.fixture
def control(ada: Person, project: Project, settings: Settings) -> Control:
    settings.PUBLIC_URL = "http://hub"
    with acting(ada.who):
        runs.started(project)

    def call(act: str, *more: str, organization: str = "acme") -> tuple[int, str, str]:
        out, err, code = io.StringIO(), io.StringIO(), 0
        place = (f"--organization={organization}", "--project=support", "--run=1")
        try:
            call_command("run_control", act, *place, *more, stdout=out, stderr=err)
        except SystemExit as ended:
            code = int(str(ended.code))
        return code, out.getvalue().strip(), err.getvalue().strip()

    return call


def test_a_run_is_paused_resumed_under_a_budget_and_cancelled(control: Control, ada: Person) -> None:
    assert control("pause", "--reason=labels first") == (0, "run #1 is paused: http://hub/o/acme/p/support/runs/1/", "")
    assert control("resume", "--budget=2.50")[1].startswith("run #1 is running")
    assert json.loads(control("cancel", "--json")[1]) == {
        "run": 1,
        "status": "CANCELLED",
        "url": "http://hub/o/acme/p/support/runs/1/",
    }
    with acting(ada.who):
        assert str(EvalRun.objects.get().budget_usd) == "2.500000000"
        paused = AuditEvent.objects.get(event="eval_run.paused")
    assert json.loads(paused.payload)["because"] == "labels first"


def test_what_failed_is_asked_again(control: Control, ada: Person) -> None:
    assert control("retry") == (2, "", "nothing_failed: Nothing failed in run #1 that asking again could mend.")
    with acting(ada.who):
        example = Example.objects.order_by("key").first()
        Generation.objects.create(run=EvalRun.objects.get(), example=example, role="student", fault="upstream_failed")
    assert control("retry")[0] == 0
    with acting(ada.who):
        assert not Generation.objects.exists()


def test_what_cannot_be_done_is_told_with_its_code(control: Control) -> None:
    code, out, _ = control("resume", "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "not_paused")


@pytest.mark.parametrize("organization", ["other", "nowhere"])
def test_another_organizations_run_is_not_there(control: Control, ada: Person, cy: Person, organization: str) -> None:
    assert control("cancel", organization=organization)[0] == 2
    with acting(ada.who):
        assert EvalRun.objects.get().status == "PLANNED"
