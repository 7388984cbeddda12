"""What is planted: the judge's own address and settings, each case in turn, examples of the run."""

from __future__ import annotations

from decimal import Decimal

from apps.kernel.evaluators.planted import CASES
from apps.labels import loading, queries
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import labels


def test_each_judge_is_asked_every_case_with_a_row_of_the_run(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10)
    with acting(ada.who):
        asked = loading.left_to_ask(run.id)
        assert queries.planted_places_left(run) == {"FactualAccuracy": [0, 1, 2, 3]}
        again = loading.left_to_ask(run.id)
    assert [one.case for one in asked] == list(CASES)
    assert {one.evaluator for one in asked} == {"FactualAccuracy"}
    assert asked[0].address is not None
    assert asked[0].address.base_url == labels.JUDGE_URL
    assert asked[0].price is not None
    assert asked[0].price.input_usd_per_mtok == Decimal(1)
    assert len({str(one.example) for one in asked}) == 1
    assert asked[3].output == asked[3].example["input"]
    assert [one.example for one in again] == [one.example for one in asked]


def test_two_in_a_hundred_calls_over_more_than_one_example(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=6)
    run.example_count = 300
    with acting(ada.who):
        assert len(queries.planted_places_left(run)["FactualAccuracy"]) == 12
        entry = next(one for one in run.suite_version.entries if one["judge_version_id"])
        asked = loading._asked(run, entry, list(range(12)))
    assert len({str(one.example) for one in asked}) == 3
