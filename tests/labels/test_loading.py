"""What is planted: the judge's own address and settings, each case in turn, examples of the run."""

from __future__ import annotations

from decimal import Decimal

from apps.kernel.evaluators.planted import CASES
from apps.labels import loading, queries
from apps.projects.models import Project
from apps.registry.models import Endpoint, Provider
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
    assert {one.entry.name for one in asked} == {"FactualAccuracy"}
    judge = asked[0].entry.judge
    assert judge is not None
    assert judge.address is not None
    assert judge.address.base_url == labels.JUDGE_URL
    assert judge.price is not None
    assert judge.price.input_usd_per_mtok == Decimal(1)
    assert len({str(one.example) for one in asked}) == 1
    assert asked[3].output == asked[3].example["input"]
    assert [one.example for one in again] == [one.example for one in asked]


def test_a_judge_is_called_as_its_endpoint_is_registered(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10)
    with acting(ada.who):
        Endpoint.objects.update(requests_per_minute=30, tokens_per_minute=900)
        Provider.objects.update(dialect="ollama")
        judge = loading.left_to_ask(run.id)[0].entry.judge
        assert judge is not None
        assert judge.address is not None
        endpoint = Endpoint.objects.get(base_url=labels.JUDGE_URL)
    address = judge.address
    assert (address.key, address.dialect) == (str(endpoint.pk), "ollama")
    assert (address.requests_per_minute, address.tokens_per_minute) == (30, 900)


def test_two_in_a_hundred_calls_over_more_than_one_example(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=6)
    run.example_count = 300
    with acting(ada.who):
        assert len(queries.planted_places_left(run)["FactualAccuracy"]) == 12
        entry = next(one for one in run.suite_version.entries if one["judge_version_id"])
        asked = loading._asked(run, entry, list(range(12)))
    assert len({str(one.example) for one in asked}) == 3
