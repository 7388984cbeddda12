"""A run from a terminal: estimated, started, followed to its verdict; interrupted it goes on, or is cancelled."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from pytest_django.fixtures import Settings

from apps.evals import coordinate
from apps.evals.models import EvalRun
from apps.gates import actions as gates
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.terminal import following
from tests.conftest import Person
from tests.factories import runs

Run = Callable[..., tuple[int, str, str]]
NAMES = {"dataset": "golden@1", "teacher": "big", "student": "small@1", "suite": "suite"}


@pytest.fixture
def pieces(ada: Person, project: Project) -> None:
    rows = runs.golden_rows(40)
    with acting(ada.who):
        runs.pinned(project, rows)
        runs.recorded(project, "big", runs.output_rows(rows))
        wrong = [row["id"] for row in rows[::2]]
        runs.recorded(project, "small", runs.output_rows(rows, wrong=wrong, model="small"))
        runs.suite(project)


@pytest.fixture
def run_eval(pieces: None, settings: Settings) -> Run:
    """The exit code, standard output and standard error of a call."""
    settings.PUBLIC_URL = "http://127.0.0.1:8000"

    def run(*more: str, organization: str = "acme", **changed: str) -> tuple[int, str, str]:
        names = [f"--{name}={value}" for name, value in {**NAMES, **changed}.items()]
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command(
                "run_eval", f"--organization={organization}", "--project=support", *names, *more, stdout=out, stderr=err
            )
        return int(str(ended.value.code)), out.getvalue(), err.getvalue()

    return run


@pytest.fixture
def worked(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that does everything between the first look and the second."""

    def work(seconds: float) -> None:
        with acting(ada.who):
            run = EvalRun.objects.get()
        assert coordinate.work(ada.who, run.id, seconds=60)
        with acting(ada.who):
            run.refresh_from_db()
            card = runs.scorecards.seal(run, runs.assemble.card_of(run))
            if run.policy_slug:
                policy = runs.gates.save_policy(run.project, slug="release", document=runs.TEMPLATES["release"])
                gates.decide(card, version=policy)

    sleeping_by(monkeypatch, work)


def sleeping_by(monkeypatch: pytest.MonkeyPatch, act: Callable[[float], None]) -> None:
    defaults = {**following.follow.__kwdefaults__, "sleep": act}
    monkeypatch.setattr(following.follow, "__kwdefaults__", defaults)


def started(ada: Person) -> list[str]:
    with acting(ada.who):
        return [run.status for run in EvalRun.objects.order_by("number")]


def test_a_run_is_followed_to_its_verdict(run_eval: Run, worked: None) -> None:
    code, out, err = run_eval("--gate=release")
    assert code == 1
    assert "✕ FAIL" in out
    assert err.splitlines()[0] == "run #1 has started: http://127.0.0.1:8000/o/acme/p/support/runs/1/"
    assert err.splitlines()[-1] == "scorecard #1: FAIL http://127.0.0.1:8000/o/acme/p/support/runs/1/"
    assert "80/80 answers" in err


def test_json_is_one_document_on_standard_output(run_eval: Run, worked: None) -> None:
    code, out, _ = run_eval("--gate=release", "--json")
    document: dict[str, Any] = json.loads(out)
    assert (code, document["report"]["verdict"]) == (1, "fail")
    shown = {name: document[name] for name in ("run", "status", "scorecard", "reason")}
    assert shown == {"run": 1, "status": "COMPLETED", "scorecard": 1, "reason": ""}


def test_without_a_gate_a_sealed_card_is_enough(run_eval: Run, worked: None) -> None:
    code, out, err = run_eval()
    assert code == 0
    assert "No gate was asked." in out
    assert "NO GATE WAS ASKED" in err


def test_an_estimate_starts_nothing(run_eval: Run, ada: Person) -> None:
    code, out, _ = run_eval("--estimate", "--gate=release")
    assert (code, out.splitlines()[0]) == (0, "40 rows · 0 calls · spend $0.0000 to $0.0000 · time 0 s to 0 s")
    assert json.loads(run_eval("--estimate", "--json")[1])["estimate"]["rows"] == 40
    assert started(ada) == []


def test_a_detached_run_prints_its_address_and_waits_for_a_worker(run_eval: Run, ada: Person) -> None:
    code, out, _ = run_eval("--detach", "--json")
    assert (code, json.loads(out)) == (
        0,
        {"run": 1, "status": "PLANNED", "url": "http://127.0.0.1:8000/o/acme/p/support/runs/1/"},
    )
    assert started(ada) == ["PLANNED"]


def test_the_terms_are_the_runs(run_eval: Run, ada: Person) -> None:
    terms = ("--budget=2.50", "--repeats=3", "--seed=7", "--reuse", "--purpose=selection", "--divergence=bits_per_byte")
    assert run_eval("--detach", *terms)[0] == 0
    with acting(ada.who):
        run = EvalRun.objects.get()
    assert (run.budget_usd, run.repeats, run.seed, run.reuse_answers, run.purpose, run.divergence) == (
        Decimal("2.5"), 3, 7, True, "selection", "bits_per_byte",
    )  # fmt: skip
    code, _, err = run_eval("--repeats=11")
    assert (code, err.split(":")[0]) == (2, "out_of_range")


def interrupts(times: int) -> Callable[[float], None]:
    left = iter([KeyboardInterrupt()] * times)

    def sleep(seconds: float) -> None:
        for interrupt in left:
            raise interrupt

    return sleep


def test_the_first_interrupt_only_stops_looking(run_eval: Run, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    once = interrupts(1)
    sleeping_by(monkeypatch, once)
    monkeypatch.setattr("apps.terminal.management.commands.run_eval.time.sleep", once)
    code, _, err = run_eval()
    assert code == 130
    assert "run #1 goes on: http://127.0.0.1:8000/o/acme/p/support/runs/1/" in err
    assert started(ada) == ["PLANNED"]


def test_the_second_interrupt_cancels(run_eval: Run, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = interrupts(2)
    sleeping_by(monkeypatch, twice)
    monkeypatch.setattr("apps.terminal.management.commands.run_eval.time.sleep", twice)
    code, _, err = run_eval()
    assert (code, err.splitlines()[-1]) == (130, "run #1 is cancelled; what was answered is kept.")
    assert started(ada) == ["CANCELLED"]


def test_nobody_looks_longer_than_asked(run_eval: Run, ada: Person) -> None:
    code, out, _ = run_eval("--timeout=0", "--json")
    assert (code, json.loads(out)["reason"], json.loads(out)["report"]) == (5, "timeout", None)
    assert started(ada) == ["PLANNED"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"student": "big"}, "same_model"),
        ({"dataset": "nothing"}, "not_found"),
        ({"suite": "nothing"}, "not_found"),
        ({"gate": "nothing"}, "not_found"),
        ({"organization": "nowhere"}, "not_found"),
        ({"organization": "other"}, "not_found"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_starts(
    run_eval: Run, ada: Person, cy: Person, changed: dict[str, str], code: str
) -> None:
    exit_code, out, err = run_eval("--json", **changed)
    assert (exit_code, json.loads(out)["error"]["code"]) == (2, code)
    assert err.startswith(code)
    assert started(ada) == []


def test_a_database_that_is_away_is_no_verdict(run_eval: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(run: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(following, "_looked", away)
    code, out, _ = run_eval("--json")
    assert (code, json.loads(out)["error"]["code"]) == (5, "database_away")
