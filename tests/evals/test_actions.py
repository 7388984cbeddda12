"""A run starts only when it can end in evidence, and what it will do is frozen before the first call."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.datasets import actions as datasets
from apps.evals import actions, estimate
from apps.evals.models import Batch, EvalRun
from apps.evaluators import actions as evaluators
from apps.kernel import lifecycle
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.rows import read_rows
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import labels, runs


def test_a_run_freezes_its_plan_and_cuts_it_into_batches(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project, rows=runs.golden_rows(450))
        assert (run.number, run.status, run.example_count) == (1, lifecycle.PLANNED, 450)
        assert run.plan["models"]["teacher"]["name"] == "big@1"
        assert [len(batch.example_ids) for batch in Batch.objects.filter(run=run).order_by("position")] == [
            200,
            200,
            50,
        ]
        event = AuditEvent.objects.get(event="eval_run.started")
    assert event.says == "started run #1: small@1 against big@1 on golden@1"


def test_runs_are_numbered_within_their_project(project: Project, ada: Person) -> None:
    with acting(ada.who):
        assert [runs.started(project).number, runs.started(project).number] == [1, 2]


def test_the_same_inputs_freeze_to_the_same_digest(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first, second = runs.started(project), runs.started(project)
    assert first.plan_digest == second.plan_digest


def test_a_draft_is_refused_with_what_to_do(project: Project, ada: Person) -> None:
    with acting(ada.who):
        rows = runs.golden_rows()
        golden = parse_golden(read_rows("g.jsonl", [runs.lines(rows)]))
        draft = datasets.import_golden(project, slug="draft", golden=golden)
        with pytest.raises(Conflict) as refused:
            start(project, dataset=draft)
    assert (refused.value.code, refused.value.fix) == ("dataset_not_pinned", "Pin draft@1 first.")


def start(project: Project, **changes: object) -> EvalRun:
    rows = runs.golden_rows()
    inputs: dict[str, object] = {
        "dataset": changes.get("dataset") or runs.pinned(project, rows),
        "teacher": runs.recorded(project, "big", runs.output_rows(rows)),
        "student": runs.recorded(project, "small", runs.output_rows(rows, model="small")),
        "suite": changes.get("suite") or runs.suite(project),
        **changes,
    }
    return actions.start_run(project, **inputs)  # type: ignore[arg-type]


def test_a_model_cannot_be_its_own_student(project: Project, ada: Person) -> None:
    with acting(ada.who):
        big = runs.recorded(project, "big", runs.output_rows(runs.golden_rows()))
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            start(project, teacher=big, student=big)
        assert refused.value.code == "same_model"
        assert EvalRun.objects.count() == 0


def test_the_database_too_refuses_a_model_as_its_own_student(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        with pytest.raises(IntegrityError, match="teacher_is_not_student"), transaction.atomic():
            EvalRun.objects.filter(pk=run.pk).update(student_id=run.teacher_id)


def test_a_live_model_without_a_price_is_refused_unless_said_so(project: Project, ada: Person) -> None:
    with acting(ada.who):
        provider = runs.registry.register_provider(slug="p")
        endpoint = runs.registry.register_endpoint(provider, slug="e", base_url="http://127.0.0.1:9/v1")
        live = runs.registry.register_version(runs.registry.register_model(project, slug="live"), endpoint=endpoint)
        with pytest.raises(Conflict) as refused, transaction.atomic():
            start(project, student=live)
        assert refused.value.code == "model_unpriced"
        assert start(project, student=live, allow_unpriced=True).plan["prices"]["student"] is None


def test_examples_without_an_output_of_both_sides_are_counted_and_left_out(project: Project, ada: Person) -> None:
    rows = runs.golden_rows(6)
    with acting(ada.who):
        teacher = runs.recorded(project, "big", runs.output_rows([*rows[:5], {**rows[0], "id": "stray"}]))
        student = runs.recorded(project, "small", runs.output_rows(rows[1:5], model="small"))
        run = start(project, teacher=teacher, student=student)
    assert run.example_count == 4
    assert run.unpaired == {
        "teacher_only": 1, "student_only": 0, "neither": 1,
        "unknown_teacher_outputs": 1, "unknown_student_outputs": 0,
    }  # fmt: skip


def test_nothing_paired_is_an_error_not_an_empty_card(project: Project, ada: Person) -> None:
    strangers = [{**row, "id": f"x{row['id']}"} for row in runs.golden_rows()]
    with acting(ada.who):
        student = runs.recorded(project, "small", runs.output_rows(strangers, model="small"))
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            start(project, student=student)
    assert refused.value.code == "nothing_paired"


def test_rows_that_lack_a_needed_column_are_named(project: Project, ada: Person) -> None:
    with acting(ada.who):
        valid = evaluators.configure(project, name="JSON", kind="json_validation")
        suite = evaluators.freeze_suite(project, slug="j", entries=[evaluators.Entry(valid, cohorts=("gold",))])
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            start(project, suite=suite)
    assert refused.value.code == "rows_lack_field"
    assert [problem.where["example"] for problem in refused.value.errors] == ["row-0001", "row-0003", "row-0005"]


def test_an_evaluator_for_a_cohort_that_is_not_there_is_refused(project: Project, ada: Person) -> None:
    with acting(ada.who):
        match = evaluators.configure(project, name="M", kind="exact_match")
        suite = evaluators.freeze_suite(project, slug="m", entries=[evaluators.Entry(match, cohorts=("silver",))])
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            start(project, suite=suite)
    assert refused.value.code == "cohort_unknown"


def test_a_judge_that_cannot_be_called_is_refused_before_the_first_call(project: Project, ada: Person) -> None:
    with acting(ada.who):
        recorded = runs.recorded(project, "judge", runs.output_rows(runs.golden_rows(), model="judge"))
        facts = evaluators.configure(project, name="F", kind="factual_accuracy", judge_version_id=recorded.id)
        suite = evaluators.freeze_suite(project, slug="f", entries=[evaluators.Entry(facts)])
        with pytest.raises(InvalidInput) as refused, transaction.atomic():
            start(project, suite=suite)
    assert refused.value.code == "judge_not_callable"


def test_a_cancelled_run_is_final(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        actions.cancel_run(run, because="the wrong dataset")
        assert EvalRun.objects.get(pk=run.pk).status == lifecycle.CANCELLED
        with pytest.raises(Conflict) as refused:
            actions.cancel_run(run, because="again")
    assert refused.value.code == "already_finished"


def test_a_viewer_starts_nothing(project: Project, ada: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(ada.who):
        runs.started(project)
    with acting(viewer.who):
        with pytest.raises(Forbidden):
            runs.started(project)
        assert EvalRun.objects.count() == 1


def test_a_stranger_sees_no_run(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    with acting(cy.who):
        assert not EvalRun._base_manager.filter(pk=run.pk).exists()
        assert EvalRun._base_manager.filter(pk=run.pk).update(status=lifecycle.CANCELLED) == 0


def test_what_a_run_is_for_stands_in_its_plan_and_evidence_needs_no_word(project: Project, ada: Person) -> None:
    with acting(ada.who):
        evidence = runs.started(project)
        parts = {
            "dataset": evidence.dataset_version,
            "teacher": evidence.teacher,
            "student": evidence.student,
            "suite": evidence.suite_version,
        }
        chosen = actions.start_run(project, **parts, purpose="selection")
        assert (evidence.purpose, "purpose" in evidence.plan) == ("evidence", False)
        assert (chosen.purpose, chosen.plan["purpose"], chosen.is_selection) == ("selection", "selection", True)
        assert {**evidence.plan, "purpose": "selection"} == chosen.plan
        with pytest.raises(InvalidInput) as refused:
            actions.start_run(project, **parts, purpose="luck")
        assert refused.value.code == "purpose_unknown"
        assert EvalRun.objects.count() == 2


def test_pausing_and_resuming_leave_their_events_and_repeat_harmlessly(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        actions.pause_run(run, because="lunch")
        actions.pause_run(run, because="again")
        assert (run.status, run.paused_because) == (lifecycle.PAUSED, "by_hand")
        actions.resume_run(run)
        with pytest.raises(Conflict) as refused:
            actions.resume_run(run)
        events = AuditEvent.objects.filter(event__startswith="eval_run.").order_by("sequence")
        assert [event.event for event in events] == ["eval_run.started", "eval_run.paused", "eval_run.resumed"]
    assert (refused.value.code, run.status, run.paused_because) == ("not_paused", lifecycle.RUNNING, "")


def test_a_spent_budget_must_be_raised_to_go_on(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        EvalRun.objects.filter(pk=run.pk).update(
            status=lifecycle.PAUSED, paused_because="budget_spent", budget_usd="1", spent_usd="0.9"
        )
        with pytest.raises(Conflict) as refused:
            actions.resume_run(run)
        assert refused.value.code == "budget_spent"
        with pytest.raises(InvalidInput) as refused:
            actions.resume_run(run, budget_usd=Decimal("0.5"))
        assert refused.value.code == "budget_too_small"
        # What is held for checking the judges leaves an answer nothing either.
        EvalRun.objects.filter(pk=run.pk).update(held_usd="0.3")
        with pytest.raises(InvalidInput) as refused:
            actions.resume_run(run, budget_usd=Decimal("1.2"))
        assert refused.value.code == "budget_too_small"
        assert actions.resume_run(run, budget_usd=Decimal(2)).budget_usd == 2


def test_a_run_without_failures_is_not_retried(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        with pytest.raises(Conflict) as refused:
            actions.retry_failed(run)
        assert refused.value.code == "nothing_failed"
        actions.cancel_run(run, because="enough")
        for verb, code in ((actions.pause_run, "already_finished"), (actions.retry_failed, "run_ended")):
            with pytest.raises(Conflict) as refused:
                verb(run)
            assert refused.value.code == code


def test_a_budget_holds_what_checking_the_judges_may_take(project: Project, ada: Person) -> None:
    with acting(ada.who):
        judged = labels.judge_suite(project, max_tokens=50)
        parts = runs.golden_rows(6)
        run = actions.start_run(
            project,
            dataset=runs.pinned(project, parts),
            teacher=runs.recorded(project, "big", runs.output_rows(parts)),
            student=runs.recorded(project, "small", runs.output_rows(parts, model="small")),
            suite=judged,
            budget_usd=Decimal(1),
        )
        expected = estimate.of_run(
            dataset=run.dataset_version, teacher=run.teacher, student=run.student, suite=run.suite_version
        )
        assert run.held_usd == expected.held_usd > 0
        plain = runs.started(project)
        assert plain.held_usd == 0
