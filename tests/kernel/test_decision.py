"""What a verdict lets people decide, and what they must say with it."""

from __future__ import annotations

import pytest

from apps.kernel import decision
from apps.kernel.decision import GateNotPassed
from apps.kernel.errors import Conflict, InvalidInput

REASON = "The gold cohort held its margin on 412 rows."
VERDICTS = ("pass", "fail", "inconclusive", "invalid")


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("kind", ["hold", "reject"])
def test_holding_and_rejecting_are_always_possible(kind: str, verdict: str) -> None:
    assert decision.check(kind, verdict=verdict, reason=REASON) is None


def test_a_pass_can_be_promoted() -> None:
    assert decision.check("promote", verdict="pass", reason=REASON) is None


@pytest.mark.parametrize("verdict", ["fail", "inconclusive", "invalid", "PASS", ""])
def test_nothing_but_a_pass_can_be_promoted(verdict: str) -> None:
    with pytest.raises(GateNotPassed) as refused:
        decision.check("promote", verdict=verdict, reason=REASON)
    assert (refused.value.code, refused.value.where) == ("gate_not_passed", {"verdict": verdict})
    assert isinstance(refused.value, Conflict)


@pytest.mark.parametrize("verdict", ["fail", "inconclusive", "invalid"])
def test_what_did_not_pass_can_be_overridden(verdict: str) -> None:
    assert decision.check("override", verdict=verdict, reason=REASON) is None


def test_a_pass_needs_no_override() -> None:
    with pytest.raises(Conflict) as refused:
        decision.check("override", verdict="pass", reason=REASON)
    assert refused.value.code == "override_not_needed"


def test_a_word_that_is_no_decision_is_refused_and_quoted_in_part() -> None:
    with pytest.raises(InvalidInput) as refused:
        decision.check("ship" * 30, verdict="pass", reason=REASON)
    assert refused.value.code == "decision_unknown"
    assert refused.value.detail == f"'{'ship' * 10}' is no decision. Use one of: promote, hold, reject, override."


@pytest.mark.parametrize("reason", ["", "x" * 19, "   " + "x" * 19 + "\n\t  "])
def test_a_reason_has_twenty_characters_beside_blanks(reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decision.check("hold", verdict="fail", reason=reason)
    assert (refused.value.code, refused.value.where) == ("reason_too_short", {"field": "reason"})


def test_twenty_characters_are_enough() -> None:
    assert decision.check("hold", verdict="fail", reason="x" * 20) is None


def test_a_reference_has_at_most_two_hundred_characters() -> None:
    assert decision.check("hold", verdict="fail", reason=REASON, reference="r" * 200) is None
    with pytest.raises(InvalidInput) as refused:
        decision.check("hold", verdict="fail", reason=REASON, reference="r" * 201)
    assert refused.value.code == "reference_too_long"


def test_only_an_override_needs_a_second_person() -> None:
    assert [kind for kind in decision.KINDS if decision.needs_second_person(kind)] == ["override"]
