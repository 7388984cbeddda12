"""The described shape of a judge's part of a report names each of its fields, down to the last."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from apps.api.v1.judge_shapes import JudgeShape
from apps.kernel.judge_report import judges_of
from apps.kernel.scorecard import Anchors, Planted
from apps.projects.models import Project
from tests.api.conftest import Rest
from tests.api.v1.test_labels import rows
from tests.conftest import Person
from tests.factories import runs
from tests.kernel.judged import TIE, judged_card


def differing(shape: serializers.BaseSerializer, document: Any, at: str = "") -> list[str]:
    """Where a document has other names than its described shape; null and free dictionaries have none.

    A field that is not required may be absent.
    """
    if document is None:
        return []
    if isinstance(shape, serializers.ListSerializer):
        return [name for entry in document for name in differing(shape.child, entry, at)]
    if not isinstance(shape, serializers.Serializer):
        return []
    optional = {name for name, field in shape.fields.items() if not field.required}
    found = [] if set(document) | optional == set(shape.fields) else [at or "/"]
    for key in set(document) & set(shape.fields):
        found += differing(shape.fields[key], document[key], f"{at}/{key}")
    return found


def test_every_field_of_a_labelled_judge_is_described(rest: Rest, ada: Person, project: Project, at: str) -> None:
    runs.judged(ada.who, project, rows=runs.golden_rows(60))
    rest.post(f"{at}/runs/1/labels", {"rows": rows(52, labeller="uma")})
    rest.post(f"{at}/runs/1/reseal")
    [judge] = json.loads(rest.get(f"{at}/scorecards/2").content)["judges"]
    assert differing(JudgeShape(), judge) == []
    assert judge["deltas"]
    assert differing(JudgeShape(), {**judge, "tables": {}}) == ["/tables"]


def test_every_field_of_anchors_is_described() -> None:
    anchors = Anchors.counted(
        [(1.0, 0.0, ""), (1.0, None, "judge_unparsable")], set="s", revision=1, judge="j", drawn_on="2026-03-14"
    )
    [judge] = judges_of(judged_card(("a", [TIE], []), planted=Planted(4), anchors=anchors), level=0.9)
    assert differing(JudgeShape(), judge) == []
    assert differing(JudgeShape(), {**judge, "anchors": {}}) == ["/anchors"]
