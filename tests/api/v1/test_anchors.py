"""Anchors over REST: drawn from a sealed run, listed, told on the card, and hidden from strangers."""

from __future__ import annotations

import json

import pytest

from apps.evals.models import EvalRun
from apps.evaluators.models import AnchorSet
from apps.projects.models import Project
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import labels

ASKED = {"evaluator": "FactualAccuracy"}


@pytest.fixture
def run(project: Project, ada: Person) -> EvalRun:
    return sealed(ada, labels.judged_run(ada.who, project, count=60))


def sealed(ada: Person, run: EvalRun) -> EvalRun:
    labels.checked(ada.who, run)
    with acting(ada.who):
        scorecards.seal(run, assemble.card_of(run))
    return run


def test_anchors_are_drawn_listed_and_told_on_the_next_card(rest: Rest, ada: Person, run: EvalRun, at: str) -> None:
    made = rest.post(f"{at}/runs/1/anchors", {**ASKED, "rows": 100})
    assert made.status_code == 201, made.content
    document = json.loads(made.content)
    assert (document["object"], document["size"], document["revision"], document["run_number"]) == (
        "anchor_set", 100, 1, 1,
    )  # fmt: skip
    assert (document["evaluator"], document["told"], document["because"]) == ("FactualAccuracy", ["judge-judged"], "")
    assert "members" not in document
    assert json.loads(rest.get(f"{at}/runs/1/anchors").content)["data"] == [document]
    sealed(ada, labels.once_more(ada.who, run))
    (judge,) = json.loads(rest.get(f"{at}/scorecards/2").content)["judges"]
    assert (judge["anchors"]["set"], judge["anchors"]["judged"], judge["anchors"]["drift"]) == (
        document["digest"], 100, None,
    )  # fmt: skip
    (first,) = json.loads(rest.get(f"{at}/scorecards/1").content)["judges"]
    assert "anchors" not in first
    compared = json.loads(rest.get(f"{at}/scorecards/2/comparison?against=1").content)
    assert compared["incomparable"] == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({**ASKED, "rows": 99}, (422, "anchors_size")),
        ({"evaluator": "ExactMatch"}, (422, "judge_missing")),
        ({"evaluator": "Nobody"}, (422, "evaluator_unknown")),
        ({}, (400, "field_missing")),
        ({**ASKED, "colour": "red"}, (400, "field_unknown")),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    rest: Rest, ada: Person, run: EvalRun, at: str, asked: dict, code: tuple
) -> None:
    assert code_of(rest.post(f"{at}/runs/1/anchors", asked)) == code
    with acting(ada.who):
        assert AnchorSet.objects.count() == 0


def test_a_judge_that_changed_is_named_in_a_comparison(rest: Rest, ada: Person, run: EvalRun, at: str) -> None:
    rest.post(f"{at}/runs/1/anchors", ASKED)
    rule = labels.stricter(every=7)
    again = labels.checked(ada.who, labels.once_more(ada.who, run, rule), rule)
    with acting(ada.who):
        scorecards.seal(again, assemble.card_of(again))
    (judge,) = json.loads(rest.get(f"{at}/scorecards/2").content)["judges"]
    assert (judge["anchors"]["drift"], judge["anchors"]["stricter"], judge["anchors"]["kinder"]) == ("flipped", 18, 0)
    compared = json.loads(rest.get(f"{at}/scorecards/2/comparison?against=1").content)
    assert compared["incomparable"] == [
        {
            "evaluator": "FactualAccuracy",
            "code": "judge_drifted",
            "sentence": "FactualAccuracy is not compared: the judge changed between the two: its anchors show it on "
            "one of the scorecards.",
        }
    ]
    assert {turn["evaluator"] for turn in compared["turns"]} == {"ExactMatch"}


def test_a_stranger_draws_and_lists_nothing(stranger: Rest, ada: Person, run: EvalRun, at: str) -> None:
    assert stranger.get(f"{at}/runs/1/anchors").status_code == 404
    assert stranger.post(f"{at}/runs/1/anchors", ASKED).status_code == 404
    with acting(ada.who):
        assert AnchorSet.objects.count() == 0
