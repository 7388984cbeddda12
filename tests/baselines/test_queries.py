"""Where a frozen version comes from, and which rows a run offers."""

from __future__ import annotations

from apps.baselines import actions, queries
from apps.evals.models import TEACHER, Generation, Score
from apps.kernel.freeze import Recipe
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.baselines.test_actions import selection_run
from tests.conftest import Person
from tests.factories import runs


def test_candidates_say_whether_the_teacher_passed(project: Project, ada: Person) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        by_score = queries.candidates(run, Recipe(rows=9, rule="teacher_passes", evaluator="ExactMatch"))
        assert {one.key for one in by_score if not one.passes} == {"row-0000", "row-0003"}
        assert {one.passes for one in queries.candidates(run, Recipe(rows=9))} == {None}
        assert len(by_score) == 30


def test_a_teacher_asked_several_times_passes_by_the_mean_of_its_scores(project: Project, ada: Person) -> None:
    """Row 1 passed, then failed twice; row 3 the other way about. An answer without a score says nothing."""
    run = selection_run(ada, project)
    recipe = Recipe(rows=9, rule="teacher_passes", evaluator="ExactMatch")
    with acting(ada.who):
        for key, later in (("row-0001", (0.0, 0.0)), ("row-0003", (1.0, 1.0)), ("row-0000", (1.0, None))):
            for repeat, value in enumerate(later, start=1):
                example = Generation.objects.get(run=run, role=TEACHER, example__key=key, repeat=0).example
                answer = Generation.objects.create(
                    run=run, example=example, role=TEACHER, repeat=repeat, output="again"
                )
                Score.objects.create(generation=answer, evaluator="ExactMatch", value=value)
        passed = {one.key: one.passes for one in queries.candidates(run, recipe)}
    assert (passed["row-0001"], passed["row-0003"], passed["row-0000"]) == (False, True, True)
    assert len(passed) == 30


def test_a_frozen_version_knows_its_run_and_an_imported_one_has_none(project: Project, ada: Person) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        made = actions.freeze_baseline(run, slug="golden", recipe=Recipe(rows=9))
        assert queries.of_version(made.dataset_version) == made
        assert [one.pk for one in queries.of_run(run)] == [made.pk]
        assert queries.of_version(runs.pinned(project)) is None
        assert str(made) == "golden@1 from run #1"
