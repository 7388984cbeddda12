"""Decisions: the ledger, a new one, the record with its proof, and the second person's approval."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from apps.console import verdict_panel
from apps.console.base import FORM, POST, Here, page, tried
from apps.console.forms import Text
from apps.decisions import actions, queries
from apps.gates import queries as gates
from apps.kernel import decision as rules
from apps.kernel.errors import Conflict, DistillHubError
from apps.scorecards import queries as scorecards
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.decisions.models import Approval, Decision

ALL = "all"
KIND_WORDS = {
    rules.PROMOTE: "Promote: the student may take the traffic",
    rules.HOLD: "Hold: not yet, more is needed first",
    rules.REJECT: "Reject: this student does not go on",
    rules.OVERRIDE: "Override: promote against the verdict, once a second person approves",
}


class NewDecision(forms.Form):
    kind = forms.ChoiceField(label="Decision", widget=forms.RadioSelect)
    reason = Text(
        rows=4,
        max_length=10_000,
        help_text=f"At least {rules.REASON_LENGTH} characters. An auditor will read it without you.",
    )
    reference = forms.CharField(
        max_length=500, required=False, help_text="A ticket, pull request or document it belongs to."
    )


class Approving(forms.Form):
    reason = Text(rows=2, max_length=10_000, required=False, help_text="What you looked at.")


@page("decisions")
def decisions(here: Here) -> HttpResponse:
    kind = here.request.GET.get("kind", ALL)
    counts = queries.counts_by_kind(here.inside)
    chips = [{"key": ALL, "label": "All", "count": sum(counts.values())}]
    chips += [
        {"key": name, "label": name.capitalize(), "count": counts[name]} for name in rules.KINDS if name in counts
    ]
    chosen = kind if kind in counts else ALL
    rows = queries.decisions(here.inside)
    shown = here.page_of(rows if chosen == ALL else rows.filter(kind=chosen))
    context = {
        "decisions": [_line(decision) for decision in shown],
        "kinds": [{**chip, "is_on": chip["key"] == chosen} for chip in chips] if counts else [],
        "page_obj": shown,
    }
    return here.render("console/decisions/list.html", context)


@page("decisions", needs=Permission.DECIDE, methods=FORM)
def decision_new(here: Here, number: str) -> HttpResponse:
    card = scorecards.scorecard(here.inside, number)
    verdict = gates.latest(card)
    if verdict is None:
        raise Conflict(f"No gate was asked about {card} yet.", code="gate_not_asked", fix="Ask one on its page first.")
    form = NewDecision(here.request.POST or None)
    form.fields["kind"].choices = _kinds(verdict.verdict)
    error = None
    if here.request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        made = tried(
            lambda: actions.record(
                verdict, kind=asked["kind"], reason=asked["reason"], reference=asked["reference"].strip()
            )
        )
        if not isinstance(made, DistillHubError):
            return here.redirect("decision", made.number, say=f"Decision #{made.number} is signed and recorded.")
        error = made
    context = {
        "card": {"number": card.number, "student": str(card.run.student), "teacher": str(card.run.teacher)},
        "panel": verdict_panel.panel(gates.report_of(card, verdict)),
        "policy": str(verdict.policy_version),
        "form": form,
        "error": error,
    }
    leaf = f"Decide on scorecard #{card.number}"
    return here.render("console/decisions/new.html", context, leaf=leaf)


@page("decisions")
def decision(here: Here, number: str) -> HttpResponse:
    return _record(here, queries.decision(here.inside, number), form=Approving())


@page("decisions", needs=Permission.DECIDE, methods=POST)
def decision_approve(here: Here, number: str) -> HttpResponse:
    row = queries.decision(here.inside, number)
    form = Approving(here.request.POST)
    if not form.is_valid():
        return _record(here, row, form=form)
    made = tried(lambda: actions.approve(row, reason=form.cleaned_data["reason"]))
    if isinstance(made, DistillHubError):
        return _record(here, row, form=form, error=made)
    return here.redirect("decision", row.number, say=f"You approved decision #{row.number}; it is in force.")


def _record(here: Here, row: Decision, *, form: forms.Form, error: DistillHubError | None = None) -> HttpResponse:
    proof = queries.proof(row)
    verdict = row.gate_decision
    report = gates.report_of(verdict.scorecard, verdict)
    approval = queries.approval_of(row)
    is_other = str(row.decided_by_id) != here.who.actor.id
    context = {
        "decision": _facts(row, proof.record),
        "approval": _approval(approval) if approval else None,
        "findings": [verdict_panel.said(finding) for finding in _worst_first(report["findings"])],
        "proof": proof,
        "can_approve": approval is None and is_other and here.may(Permission.DECIDE),
        "form": form,
        "error": error,
    }
    return here.render("console/decisions/detail.html", context, leaf=f"#{row.number}")


def _kinds(verdict: str) -> list[tuple[str, str]]:
    left_out = rules.OVERRIDE if verdict == "pass" else rules.PROMOTE
    return [(kind, words) for kind, words in KIND_WORDS.items() if kind != left_out]


def _line(row: Decision) -> SimpleNamespace:
    card = row.gate_decision.scorecard
    approvals = list(row.approvals.all())
    return SimpleNamespace(
        number=row.number,
        at=row.created_at,
        kind=row.kind,
        subject=f"{card.run.student} against {card.run.teacher}",
        verdict=row.gate_decision.verdict,
        by=row.decided_by.email,
        approved_by=approvals[0].approved_by.email if approvals else "",
        counts=queries.counts(row),
        reason=row.reason,
        reference=row.reference,
        digest=row.digest,
    )


def _facts(row: Decision, record: dict[str, Any]) -> SimpleNamespace:
    """What the signed record itself says; only the rest comes from the row."""
    gate, card = record["gate"], record["scorecard"]
    return SimpleNamespace(
        number=row.number,
        kind=record["kind"],
        at=row.created_at,
        by=record["decided_by"]["label"],
        role=record["decided_by"]["role"],
        reason=record["reason"],
        reference=record["reference"],
        counts=queries.counts(row),
        needs_second_person=rules.needs_second_person(row.kind),
        student=record["student"],
        teacher=record["teacher"],
        dataset=record["dataset"]["name"],
        dataset_digest=record["dataset"]["digest"],
        scorecard=card["number"],
        scorecard_digest=card["digest"],
        policy=gate["policy"],
        policy_digest=gate["policy_digest"],
        report_digest=gate["report_digest"],
        verdict=gate["verdict"],
        plan_digest=row.gate_decision.scorecard.run.plan_digest,
    )


def _approval(row: Approval) -> SimpleNamespace:
    record = queries.approval_record(row)
    return SimpleNamespace(
        by=record["approved_by"]["label"],
        role=record["approved_by"]["role"],
        at=row.created_at,
        reason=record["reason"],
        digest=row.digest,
    )


def _worst_first(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(findings, key=lambda finding: verdict_panel.severity(finding["verdict"]))
