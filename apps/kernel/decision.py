"""Which decisions a verdict allows, and what a decision must say."""

from __future__ import annotations

from apps.kernel.errors import Conflict, InvalidInput

PROMOTE, HOLD, REJECT, OVERRIDE = "promote", "hold", "reject", "override"
KINDS = (PROMOTE, HOLD, REJECT, OVERRIDE)
REASON_LENGTH = 20
REFERENCE_LENGTH = 200


class GateNotPassed(Conflict):
    """Only a passed gate lets a student be promoted; anything else needs an override by two persons."""

    code = "gate_not_passed"
    title = "The gate has not passed"


def check(kind: str, *, verdict: str, reason: str, reference: str = "") -> None:
    """Raise InvalidInput (decision_unknown, reason_too_short, reference_too_long) or Conflict (gate_not_passed,

    override_not_needed) unless this decision may be taken on this verdict for this reason.
    """
    if kind not in KINDS:
        raise InvalidInput(
            f"'{kind[:40]}' is no decision. Use one of: {', '.join(KINDS)}.",
            code="decision_unknown",
            where={"field": "kind"},
        )
    if len(reason.strip()) < REASON_LENGTH:
        raise InvalidInput(
            f"Give the reason in at least {REASON_LENGTH} characters; an auditor will read it.",
            code="reason_too_short",
            where={"field": "reason"},
        )
    if len(reference) > REFERENCE_LENGTH:
        raise InvalidInput(
            f"A reference has at most {REFERENCE_LENGTH} characters.",
            code="reference_too_long",
            where={"field": "reference"},
        )
    if kind == PROMOTE and verdict != "pass":
        raise GateNotPassed(
            f"The gate says {verdict}; promoting needs a pass.",
            where={"verdict": verdict},
            fix="Hold or reject, collect the missing rows, or record an override for a second person to approve.",
        )
    if kind == OVERRIDE and verdict == "pass":
        raise Conflict("The gate passed: promote; there is nothing to override.", code="override_not_needed")


def needs_second_person(kind: str) -> bool:
    return kind == OVERRIDE
