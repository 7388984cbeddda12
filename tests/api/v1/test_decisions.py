"""Decisions over REST: read with their proof, never made by a key."""

from __future__ import annotations

import json

import pytest

from apps.decisions import actions
from apps.decisions.models import Decision
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of, key_for
from tests.conftest import Person
from tests.factories import runs

REASON = "more high-value rows are needed first"


@pytest.mark.parametrize("scope", ["read", "run", "gate", "decide", "audit", "admin"])
def test_no_key_decides_whatever_its_scope(rest: Rest, ada: Person, project: Project, at: str, scope: str) -> None:
    key = Rest(key_for(ada, scopes=[scope], name=scope))
    response = key.post(f"{at}/decisions", {"scorecard": "1", "kind": "hold", "reason": REASON})
    assert code_of(response) == (403, "person_needed")
    with acting(ada.who):
        assert not Decision.objects.exists()


def test_an_override_is_in_force_once_a_second_person_approved_it(
    rest: Rest, ada: Person, ben: Person, project: Project, at: str
) -> None:
    verdict = runs.judged(ada.who, project)
    with acting(ada.who):
        decision = actions.record(verdict, kind="override", reason=REASON, reference="TICKET-7")
    read = json.loads(rest.get(f"{at}/decisions/1").content)
    shown = {name: read[name] for name in ("id", "kind", "decided_by", "reason", "reference", "gate", "verdict")}
    assert shown == {
        "id": decision.public_id,
        "kind": "override",
        "decided_by": "ada@acme.test",
        "reason": REASON,
        "reference": "TICKET-7",
        "gate": "release@1",
        "verdict": "inconclusive",
    }
    assert (read["is_in_force"], read["approvals"]) == (False, [])
    with acting(ben.who):
        actions.approve(decision, reason="agreed")
    read = json.loads(rest.get(f"{at}/decisions/{decision.public_id}").content)
    assert (read["is_in_force"], [approval["approved_by"] for approval in read["approvals"]]) == (
        True, ["ben@acme.test"],
    )  # fmt: skip


def test_the_proof_shows_record_signature_and_place(rest: Rest, ada: Person, project: Project, at: str) -> None:
    verdict = runs.judged(ada.who, project)
    with acting(ada.who):
        decision = actions.record(verdict, kind="hold", reason=REASON)
    proof = json.loads(rest.get(f"{at}/decisions/1/proof").content)
    assert (proof["holds"], proof["is_digest_right"], proof["is_signature_right"], proof["is_chain_whole"]) == (
        True, True, True, True,
    )  # fmt: skip
    assert (proof["digest"], proof["record"]["reason"]) == (decision.digest, REASON)
    assert proof["position"] == proof["events"] - 1
