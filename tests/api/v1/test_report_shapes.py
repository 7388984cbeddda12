"""The described shape of a report names each of its fields."""

from __future__ import annotations

import json

from apps.api.v1.report_shapes import CellShape, CohortFiguresShape, FindingShape, ReportShape
from apps.api.v1.scorecards import ScorecardDetailShape
from apps.projects.models import Project
from tests.api.conftest import Rest
from tests.conftest import Person
from tests.factories import runs

# test_judge_shapes.py reads a document that has them.
ONLY_WITH_LABELS = {"judges", "judge", "at_least"}


def test_the_described_shape_names_every_field_of_the_document(
    rest: Rest, ada: Person, project: Project, at: str
) -> None:
    runs.judged(ada.who, project, wrong=["row-0001"])
    read = json.loads(rest.get(f"{at}/scorecards/1").content)
    assert set(ScorecardDetailShape().fields) - ONLY_WITH_LABELS == set(read)
    assert set(ReportShape().fields) - ONLY_WITH_LABELS < set(read)
    for shape, part in ((CellShape, "cells"), (CohortFiguresShape, "cohorts"), (FindingShape, "findings")):
        assert read[part]
        needed = {name for name, field in shape().fields.items() if field.required}
        assert all(needed <= set(entry) <= set(shape().fields) - ONLY_WITH_LABELS for entry in read[part]), part
