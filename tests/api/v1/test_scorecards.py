"""The scorecard over REST is the document of the terminal, with its own name and number beside it."""

from __future__ import annotations

import json

import pytest

from apps.gates import queries as gates
from apps.kernel import display_order
from apps.projects.models import Project
from apps.scorecards import queries as scorecards
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs


def test_the_document_is_the_rooms_own_report(rest: Rest, ada: Person, project: Project, at: str) -> None:
    verdict = runs.judged(ada.who, project, wrong=["row-0001"])
    card = verdict.scorecard
    with acting(ada.who):
        report = gates.report_of(card, verdict)
    read = json.loads(rest.get(f"{at}/scorecards/1").content)
    assert {name: read[name] for name in report} == report
    assert set(read) - set(report) == {
        "object",
        "id",
        "number",
        "run",
        "supersedes",
        "superseded_by",
        "created_at",
    }
    assert (read["id"], read["number"], read["run"]) == (card.public_id, 1, card.run.public_id)
    assert json.loads(rest.get(f"{at}/scorecards/{card.public_id}").content) == read


def test_a_list_names_cards_without_their_documents(rest: Rest, ada: Person, project: Project, at: str) -> None:
    card = runs.sealed(ada.who, project)
    [listed] = json.loads(rest.get(f"{at}/scorecards").content)["data"]
    assert (listed["id"], listed["digest"]) == (card.public_id, card.digest)
    assert "cells" not in listed


def test_an_order_for_display_is_told_apart_from_the_report(
    reader: Rest, stranger: Rest, ada: Person, project: Project, at: str
) -> None:
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(40), wrong=["row-0001", "row-0003", "row-0005"])
    read = json.loads(reader.get(f"{at}/scorecards/1/display-order").content)
    assert (read["object"], read["digest"]) == ("display_order", card.digest)
    with acting(ada.who):
        expected = display_order.places(scorecards.value(card))
    assert [(one["cohort"], one["shrunken_pp"]) for one in read["for_display_only"]] == [
        (one.cohort, pytest.approx(100 * one.delta)) for one in expected
    ]
    assert [one["cohort"] for one in read["for_display_only"]] == ["gold", "plain"]
    assert code_of(stranger.get(f"{at}/scorecards/1/display-order")) == (404, "not_found")
