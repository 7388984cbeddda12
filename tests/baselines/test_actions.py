"""Golden rows are frozen from a selection run, which is no evidence itself; the weights stay those of traffic."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.utils import ProgrammingError

from apps.audit.models import AuditEvent
from apps.baselines import actions, queries
from apps.baselines.models import Baseline
from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion
from apps.evals import actions as evals
from apps.evals import coordinate
from apps.evals.models import EvalRun
from apps.gates import actions as gates
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.kernel.freeze import Recipe
from apps.projects.models import Project
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import runs
from tests.gates.test_actions import LENIENT


def selection_run(
    who: Person,
    project: Project,
    *,
    purpose: str = "selection",
    teacher_wrong: tuple[str, ...] = ("row-0000", "row-0003"),
) -> EvalRun:
    """30 candidate rows, 10 a cohort; the teacher fails where told."""
    rows = runs.golden_rows(30, cohorts=("plain", "gold", "rest"))
    with acting(who.who):
        run = evals.start_run(
            project,
            dataset=runs.pinned(project, rows, slug="candidates"),
            teacher=runs.recorded(project, "big", runs.output_rows(rows, wrong=teacher_wrong)),
            student=runs.recorded(project, "small", runs.output_rows(rows, model="small")),
            suite=runs.suite(project),
            purpose=purpose,
        )
    assert coordinate.work(who.who, run.id, seconds=60)
    with acting(who.who):
        run.refresh_from_db()
    return run


def test_rows_are_frozen_and_pinned_with_the_weights_of_traffic(project: Project, ada: Person) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        baseline = actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=6, at_least={"gold": 9}))
        version = baseline.dataset_version
        assert (str(version), version.is_pinned, version.weights_source) == ("golden@1", True, "declared")
        cohorts = [
            (one.name, one.example_count, one.is_high_value, one.traffic_weight) for one in datasets.cohorts(version)
        ]
        assert cohorts == [
            ("gold", 9, True, pytest.approx(1 / 3)),
            ("plain", 2, False, pytest.approx(1 / 3)),
            ("rest", 2, False, pytest.approx(1 / 3)),
        ]
        assert [warning["code"] for warning in version.warnings][:1] == ["few_rows"]
        assert queries.of_version(version).selection_run_id == run.pk
        assert AuditEvent.objects.get(event="baseline.frozen").says == "froze golden@1 from run #1, by the rule all"


def test_only_rows_that_the_teacher_passes_where_that_is_the_rule(project: Project, ada: Person) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        recipe = Recipe(rows=30, rule="teacher_passes", evaluator="ExactMatch")
        version = actions.freeze_baseline(run, slug="golden", recipe=recipe).dataset_version
        assert set(datasets.examples(version).values_list("key", flat=True)).isdisjoint({"row-0000", "row-0003"})
        assert version.example_count == 28
        assert Baseline.objects.get().chosen["left_out"] == {"gold": 0, "plain": 2, "rest": 0}


def test_a_cohort_without_a_row_keeps_its_weight(project: Project, ada: Person) -> None:
    rest = tuple(f"row-{number:04d}" for number in range(2, 30, 3))
    run = selection_run(ada, project, teacher_wrong=rest)
    with acting(ada.who):
        recipe = Recipe(rows=30, rule="teacher_passes", evaluator="ExactMatch")
        version = actions.freeze_baseline(run, slug="golden", recipe=recipe).dataset_version
        assert datasets.cohorts(version).get(name="rest").example_count == 0
        assert sum(one.traffic_weight for one in datasets.cohorts(version)) == pytest.approx(1.0)


def test_the_same_recipe_freezes_once_and_another_seed_other_rows(project: Project, ada: Person) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        first = actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9))
        assert actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9)).pk == first.pk
        other = actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9, seed="2"))
        assert str(other.dataset_version) == "golden@2"
        assert Baseline.objects.count() == 2


def test_the_selection_run_itself_is_refused_as_evidence(project: Project, ada: Person) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        card = scorecards.seal(run, assemble.card_of(run))
        verdict = gates.decide(card, version=gates.save_policy(project, slug="lenient", document=LENIENT))
    assert verdict.verdict == "invalid"
    assert run.plan["purpose"] == "selection"


def test_an_evidence_run_and_an_unfinished_one_choose_nothing(project: Project, ada: Person) -> None:
    run = selection_run(ada, project, purpose="evidence")
    with acting(ada.who):
        with pytest.raises(Conflict) as refused:
            actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9))
        assert refused.value.code == "not_a_selection_run"
        again = evals.start_run(
            project, dataset=run.dataset_version, teacher=run.teacher, student=run.student,
            suite=run.suite_version, purpose="selection",
        )  # fmt: skip
        with pytest.raises(Conflict) as early:
            actions.freeze_baseline(again, slug="golden", recipe=Recipe(rows=9))
        assert early.value.code == "run_not_completed"
        assert not DatasetVersion.objects.filter(dataset__slug="golden").exists()


def test_an_unknown_evaluator_is_refused_and_nothing_is_kept(project: Project, ada: Person) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused:
            actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9, rule="teacher_passes", evaluator="Zeal"))
        assert refused.value.code == "evaluator_unknown"
        assert not DatasetVersion.objects.filter(dataset__slug="golden").exists()


def test_a_baseline_can_never_change(project: Project, ada: Person) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9))
        with pytest.raises(ProgrammingError, match="permission denied for table"), transaction.atomic():
            Baseline.objects.update(recipe={})


def test_a_viewer_freezes_nothing_and_a_stranger_sees_nothing(project: Project, ada: Person, cy: Person) -> None:
    run = selection_run(ada, project)
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(viewer.who), pytest.raises(Forbidden):
        actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9))
    with acting(ada.who):
        assert Baseline.objects.count() == 0
        actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9))
    with acting(cy.who):
        assert Baseline._base_manager.count() == 0
        assert list(queries.of_run(run)) == []
