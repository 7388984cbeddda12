"""The scorecard over REST is the document of the terminal, with its own name and number beside it."""

from __future__ import annotations

import json

from apps.gates import queries as gates
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest
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
