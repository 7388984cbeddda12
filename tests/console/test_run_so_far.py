"""Figures of a part by cohort and side: what is in, of how much, and no word of a verdict."""

from __future__ import annotations

import re

import pytest

from apps.console import run_words
from apps.datasets.models import Example
from apps.evals.models import EvalRun, Generation, Score
from apps.tenancy.acting import acting
from tests.console.conftest import Browser, text_of
from tests.factories import runs


@pytest.fixture
def run(ada, project) -> EvalRun:
    """Two answers of the student in one cohort, one of them missing by a fault."""
    with acting(ada.who):
        run = runs.started(project)
        plain = Example.objects.filter(cohort__name="plain").order_by("key")
        for example, value, fault in zip(plain[:2], (0.25, None), ("", "upstream_failed"), strict=True):
            answer = Generation.objects.create(run=run, example=example, role="student", fault=fault, cost_usd="0.25")
            Score.objects.create(generation=answer, evaluator="ExactMatch", value=value, reason=fault)
        EvalRun.objects.filter(pk=run.pk).update(status="RUNNING")
        return run


def told(ada, run, **columns):
    with acting(ada.who):
        EvalRun.objects.filter(pk=run.pk).update(**columns)
        run.refresh_from_db()
        return run_words.live(run).so_far


def test_each_cohort_has_both_sides_with_their_means(ada, run) -> None:
    table = told(ada, run)
    assert (table.evaluators, table.others) == (["ExactMatch"], "")
    gold, plain = table.cohorts
    assert [(gold.name, one.role, one.answered, one.planned) for one in gold.sides] == [
        ("gold", "teacher", "0", "3"),
        ("gold", "student", "0", "3"),
    ]
    student = plain.sides[1]
    assert (student.answered, student.missing, student.spend) == ("2", "1", "$0.50")
    assert [(mean.value, mean.of) for mean in student.means] == [("0.250", "1")]
    assert [(mean.value, mean.of) for mean in gold.sides[0].means] == [("–", "0")]


@pytest.mark.parametrize("status", ["PLANNED", "COMPLETED"])
def test_before_the_first_answer_and_beside_a_scorecard_there_are_none(ada, run, status) -> None:
    assert told(ada, run, status=status, finished_at=run.created_at) is None


def test_a_run_without_an_answer_has_no_table(ada, project) -> None:
    with acting(ada.who):
        run = runs.started(project)
    assert told(ada, run, status="RUNNING") is None


def test_the_page_shows_them_and_decides_nothing(ada, at, run) -> None:
    page = text_of(Browser(ada).get(f"{at}/runs/1/"))
    part = page.split('id="so-far"')[1].split("</section>")[0]
    assert "2 / 3" in part
    assert "Means of what is in, for watching the run." in part
    assert not re.search(r"pass|fail(?!ed)|inconclusive|regress|better|worse", part.lower())
    assert text_of(Browser(ada).get(f"{at}/runs/1/progress/")).count('id="so-far"') == 1
