"""What is planted: the judge's own address and settings, each case in turn, examples of the run."""

from __future__ import annotations

import json
from decimal import Decimal

from apps.evals.models import EvalRun, Generation
from apps.kernel.evaluators.planted import CASES, ORDER
from apps.labels import anchoring, checks, loading
from apps.projects.models import Project
from apps.registry.models import Endpoint, Provider
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import labels


def test_each_judge_is_asked_every_case_with_a_row_of_the_run(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10)
    with acting(ada.who):
        asked = loading.left_to_ask(run.id)
        assert checks.left(run)["FactualAccuracy"].planted == ((0, 0), (1, 0), (2, 0), (3, 0))
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
    with acting(ada.who):
        EvalRun.objects.filter(pk=run.pk).update(example_count=300)
        asked = loading.left_to_ask(run.id)
    assert len(asked) == 12
    assert len({str(one.example) for one in asked}) == 3


def test_what_asking_costs_at_the_most_counts_a_second_try(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, max_tokens=50)
    with acting(ada.who):
        empty, order = (next(o for o in loading.left_to_ask(run.id) if o.case == case) for case in ("empty", "obeyed"))
    assert order.worst_usd is not None
    assert empty.worst_usd is not None
    # A dollar a million bytes of the request, two a million tokens of 50, twice; the order is longer than nothing.
    length = len(json.dumps(ORDER)) - len('""')
    assert order.worst_usd - empty.worst_usd == 2 * Decimal(length + order_escapes()) / 10**6
    assert empty.worst_usd > 2 * Decimal("0.0001")


def order_escapes() -> int:
    """The order stands as JSON in a message that is JSON again: its quotes and backslashes are escaped twice."""
    once = json.dumps(ORDER, ensure_ascii=False)
    return len(json.dumps(once, ensure_ascii=False)) - 2 - len(once) - 2


def test_an_anchor_is_asked_with_its_stored_text_and_one_whose_text_is_gone_is_not(
    project: Project, ada: Person
) -> None:
    run = labels.checked(ada.who, labels.judged_run(ada.who, project, count=60))
    with acting(ada.who):
        drawn = anchoring.draw(run, evaluator="FactualAccuracy")
        gone = drawn.members[0][0]
        Generation.objects.filter(pk=gone).update(output=None)
    again = labels.once_more(ada.who, run)
    with acting(ada.who):
        asked = loading.left_to_ask(again.id)
        stored = {str(pk): output for pk, output in Generation.objects.values_list("id", "output")}
    anchors = [one for one in asked if one.case == "anchor"]
    assert len(asked) == loading.AT_ONCE
    assert [one.place for one in anchors] == list(range(len(anchors)))
    assert [one.output for one in anchors] == [stored[drawn.members[one.place][0]] for one in anchors]
    assert (anchors[0].output, anchors[0].worst_usd) == (None, None)
    assert anchors[1].example["reference"] == anchors[1].output
