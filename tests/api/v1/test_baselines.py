"""A selection run is started, freezes rows, and is refused as evidence, all over REST."""

from __future__ import annotations

import json

import pytest

from apps.baselines.models import Baseline
from apps.decisions import actions as decisions
from apps.gates import actions as gates
from apps.kernel.errors import Conflict
from apps.projects.models import Project
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.baselines.test_actions import selection_run
from tests.conftest import Person
from tests.factories import runs
from tests.gates.test_actions import LENIENT


def test_a_run_says_what_it_is_for(rest: Rest, ada: Person, project: Project, at: str) -> None:
    with acting(ada.who):
        run = runs.started(project)
    body = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite"}
    chosen = json.loads(rest.post(f"{at}/runs", {**body, "purpose": "selection"}).content)
    assert chosen["purpose"] == "selection"
    assert json.loads(rest.get(f"{at}/runs/{run.number}").content)["purpose"] == "evidence"
    assert code_of(rest.post(f"{at}/runs", {**body, "purpose": "luck"})) == (422, "purpose_unknown")


def test_rows_are_frozen_with_high_value_cohorts_drawn_on_top(
    rest: Rest, ada: Person, project: Project, at: str
) -> None:
    selection_run(ada, project)
    made = rest.post(f"{at}/runs/1/baselines", {"dataset": "golden", "rows": 6, "oversample_for": "release"})
    assert made.status_code == 201, made.content
    told = json.loads(made.content)
    assert told["dataset"] == "golden@1"
    assert told["chosen"]["taken"] == {"gold": 10, "plain": 2, "rest": 2}
    assert told["chosen"]["wanted"]["gold"] >= 299
    assert told["recipe"]["rule"] == "all"
    assert made["Location"].endswith("/datasets/golden@1")
    assert json.loads(rest.get(f"{at}/datasets/golden").content)["status"] == "PINNED"
    assert [one["id"] for one in json.loads(rest.get(f"{at}/runs/1/baselines").content)["data"]] == [told["id"]]


def test_recipes_that_cannot_be_followed_are_refused(
    rest: Rest, reader: Rest, stranger: Rest, ada: Person, project: Project, at: str
) -> None:
    selection_run(ada, project)
    address, body = f"{at}/runs/1/baselines", {"dataset": "golden", "rows": 6}
    assert code_of(rest.post(address, {**body, "rows": 0})) == (422, "rows_out_of_range")
    assert code_of(rest.post(address, {**body, "rule": "teacher_passes"})) == (422, "evaluator_needed")
    assert code_of(rest.post(address, {**body, "oversample_for": "none"})) == (404, "not_found")
    assert code_of(reader.post(address, body)) == (403, "permission_missing")
    assert code_of(stranger.post(address, body)) == (404, "not_found")
    with acting(ada.who):
        assert Baseline.objects.count() == 0


def test_nobody_promotes_on_a_selection_run(rest: Rest, ada: Person, project: Project, at: str) -> None:
    run = selection_run(ada, project)
    with acting(ada.who):
        scorecards.seal(run, assemble.card_of(run))
        gates.save_policy(project, slug="lenient", document=LENIENT)
    asked = rest.post(f"{at}/gates/lenient/evaluations", {"scorecard": "1"})
    told = json.loads(asked.content)
    assert (told["verdict"], told["report"]["findings"][0]["reason"]) == ("invalid", "selection_run")
    proposal = json.loads(rest.get(f"{at}/scorecards/1/proposal").content)
    assert (proposal["cohorts"], proposal["verdict"]) == ([], "invalid")
    with acting(ada.who):
        verdict = gates.queries.latest(scorecards.Scorecard.objects.get())
        for kind in ("promote", "override"):
            with pytest.raises(Conflict):
                decisions.record(verdict, kind=kind, reason="the student looks good enough to me")
