"""An error on the terminal says what, where and what to do; with --json, as a document too."""

from __future__ import annotations

import io
import json

from django.core.management.base import BaseCommand

from apps.kernel.errors import InvalidInput, Problem
from apps.terminal import errors

ERROR = InvalidInput(
    "Row 3 has no cohort.",
    code="cohort_missing",
    where={"row": 3},
    fix="Give each row a cohort.",
    errors=[Problem("cohort_missing", "no cohort", {"row": 3, "column": "cohort"})],
)


def told(*, as_json: bool) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    errors.tell(BaseCommand(stdout=out, stderr=err, no_color=True), ERROR, as_json=as_json)
    return out.getvalue(), err.getvalue()


def test_people_read_the_sentence_the_places_and_the_way_out() -> None:
    assert told(as_json=False) == (
        "",
        "cohort_missing: Row 3 has no cohort.\n  row 3, column cohort: no cohort\n→ Give each row a cohort.\n",
    )


def test_a_script_reads_the_same_as_one_document() -> None:
    document = json.loads(told(as_json=True)[0])["error"]
    assert (document["code"], document["where"], document["errors"][0]["row"]) == ("cohort_missing", {"row": 3}, 3)
