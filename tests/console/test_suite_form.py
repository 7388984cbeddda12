"""A suite put together on the page of a run."""

from __future__ import annotations

import pytest

from apps.console import suite_form
from apps.evaluators.models import Evaluator
from apps.kernel.errors import InvalidInput, NotFound
from apps.tenancy.acting import acting
from tests.factories import runs

EMPTY = {"suite": "", "kinds": [], "extract": "", "judge": "", "recorded": "", "suite_slug": ""}
SCHEMA = {"type": "object"}


@pytest.fixture
def inside(ada):
    with acting(ada.who):
        yield


def test_an_evaluator_scores_the_cohorts_whose_rows_have_what_it_needs(inside, project) -> None:
    rows = [{**row, "schema": SCHEMA} if row["cohort"] == "gold" else row for row in runs.golden_rows(6)]
    asked = {**EMPTY, "kinds": ["exact_match", "json_validation"]}
    suite = suite_form.suite_of(project, asked, dataset=runs.pinned(project, rows))
    assert str(suite) == "suite@1"
    assert {entry["name"]: entry["cohorts"] for entry in suite.entries} == {
        "ExactMatch": [],
        "JSONValidation": ["gold"],
    }


def test_recorded_scores_are_named_by_their_paths(inside, project) -> None:
    asked = {**EMPTY, "recorded": "human.groundedness, human.tone"}
    suite = suite_form.suite_of(project, asked, dataset=runs.pinned(project))
    assert [(entry["name"], entry["kind"]) for entry in suite.entries] == [
        ("human.groundedness", "recorded_score"),
        ("human.tone", "recorded_score"),
    ]


def test_a_judge_is_asked_for_and_named_where_its_plain_name_is_taken(inside, project) -> None:
    dataset = runs.pinned(project, [{**row, "context": "c"} for row in runs.golden_rows(4)])
    asked = {**EMPTY, "kinds": ["groundedness"]}
    with pytest.raises(InvalidInput) as refused:
        suite_form.suite_of(project, asked, dataset=dataset)
    assert refused.value.code == "judge_missing"
    for name in ("one", "two"):
        runs.live(project, name, "http://127.0.0.1:9/v1")
        suite_form.suite_of(project, {**asked, "judge": f"{name}@1"}, dataset=dataset)
    assert sorted(Evaluator.objects.values_list("name", flat=True)) == ["Groundedness", "Groundedness (two@1)"]


def test_the_same_choice_again_is_the_same_suite(inside, project) -> None:
    dataset = runs.pinned(project)
    asked = {**EMPTY, "kinds": ["exact_match"]}
    assert suite_form.suite_of(project, asked, dataset=dataset) == suite_form.suite_of(project, asked, dataset=dataset)


@pytest.mark.parametrize(
    ("changed", "code"),
    [({}, "suite_empty"), ({"kinds": ["exact_match"], "suite_slug": "two words"}, "slug_invalid")],
)
def test_a_suite_that_is_none_is_refused(inside, project, changed, code) -> None:
    with pytest.raises(InvalidInput) as refused:
        suite_form.suite_of(project, {**EMPTY, **changed}, dataset=runs.pinned(project))
    assert refused.value.code == code


def test_a_suite_that_is_not_there_is_not_found(inside, project) -> None:
    with pytest.raises(NotFound):
        suite_form.suite_of(project, {**EMPTY, "suite": "nothing"}, dataset=runs.pinned(project))
