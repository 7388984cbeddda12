"""The described shape of a report names each of its fields."""

from __future__ import annotations

import json

import pytest

from apps.api.v1.report_shapes import ByteGapShape, CellShape, CohortFiguresShape, FindingShape, ReportShape
from apps.api.v1.scorecards import ScorecardDetailShape
from apps.evals import actions as evals
from apps.evals import coordinate
from apps.gates import actions as gates
from apps.projects.models import Project
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.api.conftest import Rest
from tests.conftest import Person
from tests.factories import runs
from tests.fakes import known_model, upstream

# test_judge_shapes.py reads a document that has them.
ONLY_WITH_LABELS = {"judges", "judge", "at_least"}
# Read below, of a run that measured it.
ONLY_MEASURED = {"bits_per_byte", "measure"}
# Of rules about the student alone: its latencies and pass rates.
ONLY_ALONE = {"value_ms", "interval_ms", "at_most_ms", "quantile", "until", "noticeable_share"}


def test_the_described_shape_names_every_field_of_the_document(
    rest: Rest, ada: Person, project: Project, at: str
) -> None:
    runs.judged(ada.who, project, wrong=["row-0001"])
    read = json.loads(rest.get(f"{at}/scorecards/1").content)
    assert set(ScorecardDetailShape().fields) - ONLY_WITH_LABELS == set(read)
    assert set(ReportShape().fields) - ONLY_WITH_LABELS < set(read)
    for shape, part in ((CellShape, "cells"), (CohortFiguresShape, "cohorts"), (FindingShape, "findings")):
        assert read[part]
        usual = set(shape().fields) - ONLY_WITH_LABELS - ONLY_MEASURED - ONLY_ALONE
        assert all(set(entry) == usual for entry in read[part]), part


def test_a_measured_gap_and_its_rule_are_described(rest: Rest, ada: Person, project: Project, at: str) -> None:
    rule = {"id": "kl", "kind": "guard", "figure": "divergence", "at_most": 0.5, "measure": "bits_per_byte"}
    with upstream.serving(known_model.both) as server:
        with acting(ada.who):
            run = evals.start_run(
                project,
                dataset=runs.pinned(project, runs.golden_rows(2)),
                teacher=runs.live(project, "big", server.base_url, logprobs=True, max_tokens=20),
                student=runs.live(project, "small", server.base_url, dialect="vllm", max_tokens=20),
                suite=runs.suite(project),
                divergence="bits_per_byte",
            )
        assert coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        run.refresh_from_db()
        card = scorecards.seal(run, assemble.card_of(run))
        version = gates.save_policy(project, slug="unlike", document={"name": "unlike", "rules": [rule]})
        gates.decide(card, version=version)
    read = json.loads(rest.get(f"{at}/scorecards/1").content)
    assert all(set(one["bits_per_byte"]) == set(ByteGapShape().fields) for one in read["cohorts"])
    assert read["cohorts"][0]["bits_per_byte"]["gap"] == pytest.approx(5 / 8)
    assert [f["measure"] for f in read["findings"] if f["figure"] == "divergence"] == ["bits_per_byte"]
