"""Labels over REST: imported whole or not at all, listed as given, and a card that takes them in."""

from __future__ import annotations

import json

import pytest

from apps.api.v1.report_shapes import FindingShape
from apps.gates import actions as gates
from apps.labels.models import Label
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.api.v1.test_report_shapes import ONLY_ALONE
from tests.conftest import Person
from tests.factories import runs

CORRECTED = {
    "name": "corrected",
    "rules": [
        {"id": "g", "kind": "prove", "figure": "score", "margin": 0.05, "judge": "corrected"},
        {"id": "j", "kind": "guard", "figure": "judge", "at_least": 0.67},
    ],
}


def rows(count: int, **more: object) -> list[dict[str, object]]:
    return [
        {"id": f"row-{n:04d}", "role": role, "evaluator": "ExactMatch", "label": 1, **more}
        for n in range(count)
        for role in ("teacher", "student")
    ]


def test_labels_are_imported_listed_and_sealed(rest: Rest, ada: Person, project: Project, at: str) -> None:
    runs.judged(ada.who, project, rows=runs.golden_rows(60))
    imported = rest.post(f"{at}/runs/1/labels", {"rows": rows(52, labeller="uma", note="read twice")})
    assert imported.status_code == 200, imported.content
    document = json.loads(imported.content)
    assert (document["object"], document["new"], document["superseding"]) == ("label_import", 104, 0)
    listed = json.loads(rest.get(f"{at}/runs/1/labels?limit=3").content)
    assert listed["has_more"] is True
    first = listed["data"][0]
    assert (first["key"], first["role"], first["label"], first["labeller"], first["is_blind"], first["revision"]) == (
        "row-0051", "student", 1.0, "uma", False, 1,
    )  # fmt: skip
    assert first["given_by"].startswith("key ci")
    sealed = json.loads(rest.post(f"{at}/runs/1/reseal").content)
    old = json.loads(rest.get(f"{at}/scorecards/1").content)
    new = json.loads(rest.get(f"{at}/scorecards/2").content)
    assert (sealed["number"], sealed["supersedes"]) == (2, old["id"])
    assert (old["supersedes"], old["superseded_by"], new["superseded_by"]) == (None, 2, None)
    assert "judges" not in old
    assert new["judges"][0]["answers"] == 104
    assert new["verdict"] is not None  # the run's own gate was asked


def test_a_policy_may_demand_corrected_scores(rest: Rest, ada: Person, project: Project, at: str) -> None:
    runs.judged(ada.who, project, rows=runs.golden_rows(60))
    with acting(ada.who):
        gates.save_policy(project, slug="corrected", document=CORRECTED)
    asked = {"scorecard": "1"}
    before = json.loads(rest.post(f"{at}/gates/corrected/evaluations", asked).content)
    rest.post(f"{at}/runs/1/labels", {"rows": rows(60)})
    rest.post(f"{at}/runs/1/reseal")
    after = json.loads(rest.post(f"{at}/gates/corrected/evaluations", {"scorecard": "2"}).content)
    assert (before["verdict"], after["verdict"]) == ("inconclusive", "pass")
    findings = json.loads(rest.get(f"{at}/scorecards/2").content)["findings"]
    assert [(f["figure"], f["verdict"], f.get("judge"), f.get("at_least")) for f in findings] == [
        ("score", "pass", "corrected", None),
        ("judge", "clear", None, 0.67),
    ]
    assert set(findings[0]) | set(findings[1]) == set(FindingShape().fields) - {"measure"} - ONLY_ALONE


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"label": 7}, "value_invalid"),
        ({"role": "judge"}, "value_invalid"),
        ({"id": "nowhere"}, "label_twice"),
        ({"evaluator": "Taste"}, "evaluator_unknown"),
    ],
)
def test_a_bad_file_keeps_nothing(rest: Rest, ada: Person, project: Project, at: str, change: dict, code: str) -> None:
    runs.judged(ada.who, project)
    response = rest.post(f"{at}/runs/1/labels", {"rows": rows(2, **change)})
    assert code_of(response) == (422, code)
    with acting(ada.who):
        assert Label.objects.count() == 0


def test_a_run_without_a_card_cannot_be_sealed_again(rest: Rest, ada: Person, project: Project, at: str) -> None:
    with acting(ada.who):
        runs.started(project)
    assert code_of(rest.post(f"{at}/runs/1/reseal")) == (409, "run_not_sealed")


def test_a_stranger_and_a_reader_change_nothing(
    rest: Rest, reader: Rest, stranger: Rest, ada: Person, project: Project, at: str
) -> None:
    runs.judged(ada.who, project)
    for path in ("labels", "reseal"):
        assert code_of(stranger.post(f"{at}/runs/1/{path}", {"rows": rows(2)})) == (404, "not_found")
        assert code_of(reader.post(f"{at}/runs/1/{path}", {"rows": rows(2)})) == (403, "permission_missing")
    assert code_of(stranger.get(f"{at}/runs/1/labels")) == (404, "not_found")
    with acting(ada.who):
        assert Label.objects.count() == 0
