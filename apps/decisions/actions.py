"""Record what a person decided, and the second person's approval of an override."""

from __future__ import annotations

from apps.accounts.models import User
from apps.audit.action import Done, action
from apps.decisions import queries, signing
from apps.decisions.models import Approval, Decision
from apps.gates import circumstances
from apps.gates.models import GateDecision
from apps.kernel import decision as rules
from apps.kernel import digest
from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.projects.queries import next_number
from apps.scorecards import queries as scorecards
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import current
from apps.tenancy.permissions import Permission


@action("decision.recorded", needs=Permission.DECIDE, says="recorded {decision}: {kind} {student} on {card}")
def record(gate_decision: GateDecision, *, kind: str, reason: str, reference: str = "") -> Done[Decision]:
    """Sign and keep a person's decision on a verdict. An override counts only once a second person approved it.

    Raises InvalidInput, GateNotPassed, Conflict (scorecard_superseded, selection_run, verdict_out_of_date), and
    Forbidden for a key or machine: only persons decide.
    """
    card = gate_decision.scorecard
    _require_present(card)
    rules.check(kind, verdict=gate_decision.verdict, reason=reason, reference=reference)
    _require_evidence(gate_decision, kind)
    person = _person()
    number = next_number(card.project, Decision)
    content = digest.canonical(
        {
            "v": 1,
            "project": card.project.slug,
            "number": number,
            "kind": kind,
            "decided_by": {"id": person.pk, "label": person.email, "role": current().actor.role},
            "reason": reason.strip(),
            "reference": reference,
            "scorecard": {"number": card.number, "digest": card.digest},
            "gate": {
                "policy": str(gate_decision.policy_version),
                "policy_digest": gate_decision.policy_version.digest,
                "verdict": gate_decision.verdict,
                "report_digest": gate_decision.digest,
            },
            "teacher": str(card.run.teacher),
            "student": str(card.run.student),
            "dataset": card.run.plan["dataset"],
        }
    )
    signature, key_id = signing.sign(content)
    row = Decision.objects.create(
        project=card.project,
        number=number,
        kind=kind,
        gate_decision=gate_decision,
        decided_by=person,
        reason=reason.strip(),
        reference=reference,
        record=content,
        digest=digest.of_bytes(content),
        signature=signature,
        key_id=key_id,
    )
    words = {"decision": row, "kind": kind, "student": card.run.student, "card": card}
    facts = {**{name: str(word) for name, word in words.items()}, "digest": row.digest, "signature": signature}
    return Done(row, row, facts=facts, words=words, because=reason.strip())


def _require_present(card: Scorecard) -> None:
    present = scorecards.of_run(card.run)
    if present is not None and present.pk != card.pk:
        raise Conflict(
            f"{card} is superseded by {present}, which takes in newer evidence.",
            code="scorecard_superseded",
            fix=f"Ask the gate about {present} and decide on that.",
        )


@action("decision.approved", needs=Permission.DECIDE, says="approved {decision}")
def approve(decision: Decision, *, reason: str = "") -> Done[Approval]:
    """Sign an override as the second person. Raises Conflict (nothing to approve, approved already), Forbidden."""
    if not rules.needs_second_person(decision.kind):
        raise Conflict(f"{decision} is a {decision.kind}; only an override is approved.", code="approval_not_needed")
    if queries.approval_of(decision) is not None:
        raise Conflict(f"{decision} is approved already.", code="already_approved")
    person = _person()
    if person.pk == decision.decided_by_id:
        raise Forbidden(
            "Who decided cannot approve; an override needs a second person.",
            code="second_person_needed",
            fix="Ask another approver of the organization.",
        )
    content = digest.canonical(
        {
            "v": 1,
            "approves": decision.digest,
            "number": decision.number,
            "approved_by": {"id": person.pk, "label": person.email, "role": current().actor.role},
            "reason": reason.strip(),
        }
    )
    signature, key_id = signing.sign(content)
    row = Approval.objects.create(
        decision=decision,
        approved_by=person,
        reason=reason.strip(),
        record=content,
        digest=digest.of_bytes(content),
        signature=signature,
        key_id=key_id,
    )
    words = {"decision": decision}
    facts = {"decision": str(decision), "decision_digest": decision.digest, "digest": row.digest}
    return Done(row, decision, facts=facts, words=words, because=reason.strip())


def _require_evidence(gate_decision: GateDecision, kind: str) -> None:
    """A student goes live on evidence, and on a verdict that would be given today too."""
    card = gate_decision.scorecard
    if kind in (rules.PROMOTE, rules.OVERRIDE) and card.run.is_selection:
        raise Conflict(
            f"{card.run} only chose golden rows; its scorecard is no evidence for a {kind}.",
            code="selection_run",
            fix="Freeze the rows, and run again on the frozen version.",
        )
    if kind == rules.PROMOTE and not circumstances.still_holds(gate_decision):
        raise Conflict(
            "Something this verdict rests on has changed since, and the gate would not answer like this today.",
            code="verdict_out_of_date",
            fix="Ask the gate about the scorecard again.",
        )


def _person() -> User:
    queries.require_person()
    person = User.objects.filter(pk=current().actor.id, is_active=True).first()
    if person is None:
        raise InvalidInput("The deciding person is not active.", code="person_inactive")
    return person
