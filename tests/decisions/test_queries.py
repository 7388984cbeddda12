"""Decisions are found by number or id, and a broken trail shows in their proof."""

from __future__ import annotations

import pytest

from apps.decisions import actions, queries
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs

REASON = "The refund cohort lost more than we can bear."


def test_a_decision_is_found_by_number_and_id(project: Project, ada: Person) -> None:
    verdict = runs.judged(ada.who, project)
    with acting(ada.who):
        decision = actions.record(verdict, kind="hold", reason=REASON)
        assert queries.decision(project, 1).pk == queries.decision(project, decision.public_id).pk == decision.pk
        assert [row.number for row in queries.decisions(project)] == [1]
        for reference in ("2", "dec_", "run_" + decision.pk.hex):
            with pytest.raises(NotFound):
                queries.decision(project, reference)


def test_a_stranger_finds_none(project: Project, ada: Person, cy: Person) -> None:
    verdict = runs.judged(ada.who, project)
    with acting(ada.who):
        decision = actions.record(verdict, kind="hold", reason=REASON)
    with acting(cy.who), pytest.raises(NotFound):
        queries.decision(project, decision.public_id)


def test_a_signature_of_another_record_does_not_prove_this_one(
    project: Project, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict = runs.judged(ada.who, project)
    with acting(ada.who):
        first = actions.record(verdict, kind="hold", reason=REASON)
        second = actions.record(verdict, kind="reject", reason=REASON)
        first.signature = second.signature
        proof = queries.proof(first)
    assert (proof.is_digest_right, proof.is_signature_right, proof.holds) == (True, False, False)
