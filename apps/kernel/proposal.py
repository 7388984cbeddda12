"""Partial promotion: for which cohorts a verdict lets the student replace the teacher while the others keep theirs.

A cohort is proposed only if a proof about it passed and nothing about it holds back; a guard that is clear proves
nothing, and a rule about all traffic that does not pass (cost, say) stops everything but a global score, which speaks
of the mix as a whole and is answered by leaving cohorts out.

The error is α for each proposed cohort, not for all of them together: a full pass asks every proof at once and so needs
no correction, while a choice among cohorts picks the lucky ones too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GLOBAL = "*"
HOLDS_BACK = frozenset({"fail", "inconclusive", "invalid"})


@dataclass(frozen=True, slots=True)
class Held:
    """A cohort that stays with the teacher, and why (the rule's id and verdict, or ``not_proved``)."""

    cohort: str
    rule: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """``cohorts`` may go to the student, ``traffic`` is their share of it (0–1). Empty: ``blocked_by`` says why."""

    cohorts: tuple[str, ...]
    traffic: float
    held: tuple[Held, ...]
    blocked_by: tuple[str, ...]


def propose(report: Mapping[str, Any]) -> Proposal:
    """Read a report document with a verdict. A full pass proposes every cohort that was proved or cleared."""
    findings = report["findings"]
    weights = {row["cohort"]: row["weight"] for row in report["cohorts"] if row["cohort"] != GLOBAL}
    blocked = tuple(
        finding["rule"]
        for finding in findings
        if finding["cohort"] == GLOBAL and finding["figure"] != "score" and finding["verdict"] in HOLDS_BACK
    )
    if report["verdict"] in (None, "invalid") or blocked:
        held = tuple(Held(name, None, "blocked") for name in weights)
        return Proposal((), 0.0, held, blocked or ("verdict",))
    judged = {name: _judge(name, findings, everything=report["verdict"] == "pass") for name in weights}
    chosen = tuple(name for name, held_back in judged.items() if held_back is None)
    return Proposal(
        cohorts=chosen,
        traffic=round(sum(weights[name] for name in chosen), 9),
        held=tuple(held_back for held_back in judged.values() if held_back is not None),
        blocked_by=(),
    )


def _judge(cohort: str, findings: list[Mapping[str, Any]], *, everything: bool) -> Held | None:
    own = [finding for finding in findings if finding["cohort"] == cohort]
    against = next((finding for finding in own if finding["verdict"] in HOLDS_BACK), None)
    if against is not None:
        return Held(cohort, against["rule"], against["verdict"])
    if everything or any(finding["kind"] == "prove" and finding["verdict"] == "pass" for finding in own):
        return None
    return Held(cohort, None, "not_proved")
