"""Only persons decide, an override needs two of them, and a record can be proved later."""

from __future__ import annotations

import base64
import json

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from apps.audit.models import AuditEvent
from apps.decisions import actions, queries, signing
from apps.decisions.models import Approval, Decision
from apps.gates import actions as gates
from apps.gates.models import GateDecision
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.labels import actions as labels
from apps.members import actions as members
from apps.projects.models import Project
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from apps.tenancy.queries import as_key, as_machine
from tests.conftest import Person, person
from tests.factories import runs
from tests.factories.labels import file_of
from tests.gates.test_actions import LENIENT

REASON = "The refund cohort lost more than we can bear."


@pytest.fixture
def verdict(project: Project, ada: Person) -> GateDecision:
    return runs.judged(ada.who, project, wrong=["row-0001"])


def passed(project: Project, ada: Person) -> GateDecision:
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(40))
    with acting(ada.who):
        return gates.decide(card, version=gates.save_policy(project, slug="lenient", document=LENIENT))


def test_a_decision_keeps_who_what_why_and_on_which_evidence(verdict: GateDecision, ada: Person) -> None:
    with acting(ada.who):
        decision = actions.record(verdict, kind="reject", reason=f"  {REASON}  ", reference="ACME-1")
        record = json.loads(bytes(decision.record))
        event = AuditEvent.objects.get(event="decision.recorded")
    assert record["decided_by"] == {"id": ada.user.pk, "label": "ada@acme.test", "role": "admin"}
    assert record["reason"] == REASON
    assert record["scorecard"]["digest"] == verdict.scorecard.digest
    assert record["gate"]["verdict"] == "inconclusive"
    assert event.says == "recorded decision #1: reject small@1 on scorecard #1"
    assert json.loads(bytes(event.payload))["because"] == REASON


def test_a_promotion_needs_a_pass(verdict: GateDecision, project: Project, ada: Person) -> None:
    with acting(ada.who):
        with pytest.raises(Conflict) as refused:
            actions.record(verdict, kind="promote", reason=REASON)
        assert refused.value.code == "gate_not_passed"
        assert Decision.objects.count() == 0
    good = passed(project, ada)
    with acting(ada.who):
        assert queries.counts(actions.record(good, kind="promote", reason=REASON)) is True


def test_an_override_counts_once_a_second_person_approved(verdict: GateDecision, ada: Person, ben: Person) -> None:
    with acting(ada.who):
        decision = actions.record(verdict, kind="override", reason=REASON)
        assert queries.counts(decision) is False
        with pytest.raises(Forbidden) as refused:
            actions.approve(decision)
        assert refused.value.code == "second_person_needed"
    with acting(ben.who):
        actions.approve(decision, reason="Seen and agreed.")
        assert queries.counts(decision) is True
        with pytest.raises(Conflict) as twice:
            actions.approve(decision)
    assert twice.value.code == "already_approved"


def test_the_database_refuses_the_decider_as_approver(verdict: GateDecision, ada: Person) -> None:
    with acting(ada.who):
        decision = actions.record(verdict, kind="override", reason=REASON)
        with pytest.raises(ProgrammingError, match="second person"), transaction.atomic():
            Approval.objects.create(
                decision=decision, approved_by=ada.user, record=b"{}", digest="d", signature="s", key_id="k"
            )


def test_only_an_override_is_approved(verdict: GateDecision, ada: Person, ben: Person) -> None:
    with acting(ada.who):
        decision = actions.record(verdict, kind="hold", reason=REASON)
    with acting(ben.who), pytest.raises(Conflict) as refused:
        actions.approve(decision)
    assert refused.value.code == "approval_not_needed"


@pytest.mark.parametrize("reason", ["", "too short", " " * 40])
def test_a_decision_without_a_real_reason_is_refused(verdict: GateDecision, ada: Person, reason: str) -> None:
    with acting(ada.who), pytest.raises(InvalidInput) as refused:
        actions.record(verdict, kind="reject", reason=reason)
    assert refused.value.code == "reason_too_short"


def test_neither_key_nor_machine_decides(verdict: GateDecision, ada: Person) -> None:
    with acting(ada.who):
        issued = members.issue_key(name="ci", scopes=["read", "decide"])
    with acting(as_key(issued.key)), pytest.raises(Forbidden) as refused:
        actions.record(verdict, kind="reject", reason=REASON)
    assert refused.value.code == "person_needed"
    with acting(as_machine(ada.organization.id, "worker")), pytest.raises(Forbidden):
        actions.record(verdict, kind="reject", reason=REASON)


def test_a_member_and_an_auditor_do_not_decide(verdict: GateDecision, ada: Person) -> None:
    for role in (Role.MEMBER, Role.AUDITOR, Role.VIEWER):
        somebody = person(f"{role}@acme.test", ada.organization, role)
        with acting(somebody.who), pytest.raises(Forbidden):
            actions.record(verdict, kind="reject", reason=REASON)


def test_the_proof_holds_and_names_its_place_in_the_chain(verdict: GateDecision, ada: Person) -> None:
    with acting(ada.who):
        decision = actions.record(verdict, kind="reject", reason=REASON)
        proof = queries.proof(decision)
        last = AuditEvent.objects.order_by("-sequence").first()
    assert proof.holds
    assert (proof.position, proof.chain) == (last.sequence, bytes(last.chain).hex())


def test_a_changed_record_no_longer_fits_its_signature(verdict: GateDecision, ada: Person) -> None:
    with acting(ada.who):
        decision = actions.record(verdict, kind="reject", reason=REASON)
    record = bytes(decision.record)
    assert signing.is_valid(record, decision.signature)
    assert not signing.is_valid(record.replace(b"reject", b"accept"), decision.signature)
    assert not signing.is_valid(record, base64.b64encode(bytes(64)).decode())


@pytest.mark.parametrize(
    "statement", ["UPDATE decisions_decision SET kind = 'promote'", "DELETE FROM decisions_decision"]
)
def test_a_decision_is_never_edited(verdict: GateDecision, ada: Person, statement: str) -> None:
    with acting(ada.who):
        actions.record(verdict, kind="reject", reason=REASON)
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_stranger_sees_no_decision(verdict: GateDecision, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        actions.record(verdict, kind="reject", reason=REASON)
    with acting(cy.who):
        assert Decision._base_manager.count() == 0


def test_a_verdict_that_would_not_be_given_today_promotes_nobody(project: Project, ada: Person) -> None:
    verdict = passed(project, ada)
    with acting(ada.who):
        runs.recorded(project, "big", runs.output_rows(runs.golden_rows(41)))
        with pytest.raises(Conflict) as refused:
            actions.record(verdict, kind="promote", reason=REASON)
        assert refused.value.code == "verdict_out_of_date"
        assert Decision.objects.count() == 0
        assert actions.record(verdict, kind="hold", reason=REASON).kind == "hold"


def test_a_superseded_card_is_decided_on_no_more(project: Project, ada: Person) -> None:
    verdict = runs.judged(ada.who, project)
    with acting(ada.who):
        actions.record(verdict, kind="hold", reason="the labels are still being given")
        labels.import_labels(verdict.scorecard.run, file_of(3))
        scorecards.reseal(verdict.scorecard.run, assemble.card_of(verdict.scorecard.run))
        with pytest.raises(Conflict) as refused:
            actions.record(verdict, kind="promote", reason="it passed before the labels came")
        assert refused.value.code == "scorecard_superseded"
        assert Decision.objects.count() == 1
