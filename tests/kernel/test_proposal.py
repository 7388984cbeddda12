"""Which cohorts may go ahead while the others wait."""

from __future__ import annotations

from typing import Any

import pytest

from apps.kernel.proposal import Held, Proposal, propose


def finding(
    cohort: str, verdict: str, *, kind: str = "prove", figure: str = "score", rule: str = "r"
) -> dict[str, Any]:
    return {"rule": rule, "kind": kind, "figure": figure, "cohort": cohort, "verdict": verdict}


def report(verdict: str | None, *findings: dict[str, Any]) -> dict[str, Any]:
    cohorts = [("*", 1.0), ("a", 0.5), ("b", 0.3), ("c", 0.2)]
    return {
        "verdict": verdict,
        "findings": list(findings),
        "cohorts": [{"cohort": name, "weight": weight} for name, weight in cohorts],
    }


def test_only_cohorts_with_a_proof_and_nothing_against_them_are_proposed() -> None:
    found = propose(
        report("fail", finding("a", "pass"), finding("b", "fail", rule="bad"), finding("c", "clear", kind="guard"))
    )
    assert found == Proposal(("a",), 0.5, (Held("b", "bad", "fail"), Held("c", None, "not_proved")), ())


def test_one_finding_against_a_cohort_outweighs_its_proof() -> None:
    assert propose(report("inconclusive", finding("a", "pass"), finding("a", "inconclusive"))).cohorts == ()


def test_a_global_score_that_fails_does_not_stop_a_proved_cohort() -> None:
    assert propose(report("fail", finding("*", "fail"), finding("a", "pass"))).cohorts == ("a",)


@pytest.mark.parametrize("verdict", ["fail", "inconclusive", "invalid"])
def test_a_cost_that_does_not_pass_stops_everything(verdict: str) -> None:
    found = propose(report("fail", finding("*", verdict, figure="cost_ratio", rule="cost"), finding("a", "pass")))
    assert (found.cohorts, found.blocked_by) == ((), ("cost",))


@pytest.mark.parametrize("verdict", [None, "invalid"])
def test_without_a_trusted_verdict_nothing_is_proposed(verdict: str | None) -> None:
    found = propose(report(verdict, finding("a", "pass")))
    assert (found.cohorts, found.traffic, found.blocked_by) == ((), 0.0, ("verdict",))


def test_a_pass_proposes_all_traffic() -> None:
    found = propose(report("pass", finding("*", "pass"), finding("a", "clear", kind="guard")))
    assert (found.cohorts, found.traffic, found.held) == (("a", "b", "c"), 1.0, ())


def stale(cohort: str, **more: str) -> dict[str, Any]:
    return {**finding(cohort, "inconclusive", **more), "reason": "teacher_changed"}


def test_evidence_out_of_date_proposes_nobody() -> None:
    found = propose(report("inconclusive", stale("*", rule="g"), *(stale(name) for name in ("a", "b", "c"))))
    assert found.cohorts == ()
    assert {held.reason for held in found.held} == {"inconclusive"}


def test_a_selection_run_proposes_nobody() -> None:
    refused = finding("*", "invalid", kind="guard", figure="evidence", rule="evidence")
    found = propose(report("invalid", refused, finding("a", "pass")))
    assert (found.cohorts, found.blocked_by) == ((), ("evidence",))


def test_a_look_at_the_other_cohorts_neither_holds_nor_carries_one() -> None:
    look = finding("a", "clear", kind="guard", figure="excess_loss", rule="look")
    assert propose(report("inconclusive", look, finding("a", "pass"))).cohorts == ("a",)
    assert propose(report("inconclusive", look, finding("b", "pass"))).cohorts == ("b",)
