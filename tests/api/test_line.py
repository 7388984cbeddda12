"""The main job over REST: from an empty organization to a verdict, with outputs that were recorded elsewhere."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from apps.evals import coordinate
from apps.evals import queries as evals
from apps.kernel.policy import TEMPLATES
from apps.projects import queries as projects
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories.runs import golden_rows, lines, output_rows

ROWS = golden_rows(400)


def made(response: Any, status: int = 201) -> dict[str, Any]:
    assert response.status_code == status, response.content.decode()
    return dict(json.loads(response.content))


def run_over_rest(rest: Rest, ada: Person, *, wrong: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything up to a completed run; its sealing is the worker's task, done here in this process."""
    made(rest.post("/projects", {"slug": "bot"}))
    at = "/projects/bot"
    for slug, missed in (("big", ()), ("small", wrong)):
        made(rest.post(f"{at}/models", {"slug": slug}))
        outputs = lines(output_rows(ROWS, wrong=missed, model=slug))
        version = made(rest.upload(f"{at}/models/{slug}/outputs", "outputs.jsonl", outputs))
        prices = {"version": version["ref"], "input_usd_per_mtok": "5" if slug == "big" else 0.5}
        made(rest.post(f"{at}/prices", {**prices, "output_usd_per_mtok": 0}))
    golden = made(rest.upload(f"{at}/datasets?name=golden", "golden.jsonl", lines(ROWS)))
    assert (golden["ref"], golden["status"]) == ("golden@1", "DRAFT")
    assert made(rest.post(f"{at}/datasets/golden@1/pin"), 200)["status"] == "PINNED"
    made(rest.post(f"{at}/evaluators", {"name": "ExactMatch", "kind": "exact_match"}))
    made(rest.post(f"{at}/suites", {"slug": "suite", "evaluators": [{"evaluator": "ExactMatch"}]}))
    made(rest.post(f"{at}/gates", {"slug": "release", "document": TEMPLATES["release"]}))
    asked = {"dataset": "golden", "teacher": "big@1", "student": "small@1", "suite": "suite@1", "gate": "release"}
    response = rest.post(f"{at}/runs", asked)
    run = made(response, 202)
    assert response["Location"] == f"/api/v1{at}/runs/{run['id']}"
    assert coordinate.work(ada.who, UUID(run["id"].removeprefix("run_")), seconds=60)
    with acting(ada.who):
        row = evals.run(projects.project("bot"), run["id"])
        scorecards.seal(row, assemble.card_of(row))
    return run


def test_the_line_ends_in_a_scorecard_a_verdict_and_no_decision_by_a_key(rest: Rest, ada: Person) -> None:
    run = run_over_rest(rest, ada)
    at = "/projects/bot"
    progress = made(rest.get(f"{at}/runs/{run['id']}/progress"), 200)
    assert (progress["status"], progress["share_done"], progress["faults"]) == ("COMPLETED", 1.0, {})
    card_id = made(rest.get(f"{at}/runs/1"), 200)["scorecard"]

    unasked = made(rest.get(f"{at}/scorecards/{card_id}"), 200)
    assert (unasked["object"], unasked["number"], unasked["run"]) == ("scorecard", 1, run["id"])
    assert (unasked["verdict"], unasked["findings"]) == (None, [])

    verdict = made(rest.post(f"{at}/gates/release/evaluations", {"scorecard": card_id}))
    assert verdict["verdict"] == "inconclusive"  # 200 high-value rows cannot show a loss of at most 1 point
    card = made(rest.get(f"{at}/scorecards/1"), 200)
    assert card["verdict"] == "inconclusive"
    assert {name: card[name] for name in verdict["report"]} == verdict["report"]
    [overall, *_] = card["cells"]
    assert (overall["cohort"], overall["n"], overall["delta_pp"]) == ("*", 400, 0.0)
    assert card["cohorts"][0]["cost_ratio"] == 0.1

    for _ in range(2):  # the same question finds the standing answer
        made(rest.post(f"{at}/gates/release@1/evaluations", {"scorecard": "1"}))
    assert len(made(rest.get(f"{at}/gates/release/evaluations"), 200)["data"]) == 1
    reason = "all of the evidence was looked at"
    decision = {"scorecard": "1", "kind": "hold", "reason": reason}
    assert code_of(rest.post(f"{at}/decisions", decision)) == (403, "person_needed")
    assert made(rest.get(f"{at}/decisions"), 200)["data"] == []


def test_a_student_that_loses_a_tenth_fails_and_says_why(rest: Rest, ada: Person) -> None:
    wrong = tuple(str(row["id"]) for row in ROWS[::10])
    run_over_rest(rest, ada, wrong=wrong)
    verdict = made(rest.post("/projects/bot/gates/release/evaluations", {"scorecard": "1"}))
    assert verdict["verdict"] == "fail"
    overall = verdict["report"]["cells"][0]
    assert (overall["delta_pp"], overall["verdict"]) == (-10.0, "fail")
    failed = {finding["rule"] for finding in verdict["report"]["findings"] if finding["verdict"] == "fail"}
    assert "global" in failed
    [trail_head, *_] = made(rest.get("/audit-events?limit=1"), 200)["data"]
    assert (trail_head["event"], trail_head["door"]) == ("gate.decided", "api")
    assert made(rest.get("/audit-events/verify"), 200)["is_whole"] is True
