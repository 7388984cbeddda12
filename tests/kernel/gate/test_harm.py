from __future__ import annotations

from dataclasses import dataclass

import pytest

from apps.kernel.gate.harm import Harm, harm_of, unusable, verdict_of
from apps.kernel.policy import Rule
from tests.kernel.cards import card, table

PROOF = Rule("r", "prove", "score", "global", 0.03)
GUARD = Rule("g", "guard", "score", "global", 0.03)


@dataclass(frozen=True)
class Claim:
    rule: Rule = PROOF
    blocked: str | None = None
    p_pass: float = 1.0
    p_pass_unkind: float = 1.0
    p_fail: float = 1.0
    p_fail_unkind: float = 1.0


def test_harm_is_adjusted_over_all_claims_and_blocked_ones_cost_nothing() -> None:
    one = Claim(p_fail=0.02, p_fail_unkind=0.04)
    assert harm_of([one], 0.05) == [Harm(True, True)]
    assert harm_of([one, Claim(blocked="stale")], 0.05) == [Harm(True, True), Harm()]
    assert harm_of([one, Claim(p_fail=0.5, p_fail_unkind=0.5)], 0.05) == [Harm(True, False), Harm()]
    assert harm_of([one, Claim(), Claim()], 0.05)[0] == Harm()
    assert harm_of([], 0.05) == []


@pytest.mark.parametrize(
    ("claim", "harm", "said"),
    [
        (Claim(blocked="weights"), Harm(True, True), ("inconclusive", "weights")),
        (Claim(p_pass=0.01, p_pass_unkind=0.01), Harm(True, True), ("fail", None)),
        (Claim(), Harm(True, False), ("inconclusive", "missing")),
        (Claim(rule=GUARD), Harm(), ("clear", None)),
        (Claim(p_pass=0.01, p_pass_unkind=0.05), Harm(), ("pass", None)),
        (Claim(p_pass=0.01, p_pass_unkind=0.06), Harm(), ("inconclusive", "missing")),
        (Claim(p_pass=0.06, p_pass_unkind=0.06), Harm(), ("inconclusive", "insufficient")),
    ],
)
def test_the_first_that_applies_is_the_verdict(claim: Claim, harm: Harm, said: tuple[str, str | None]) -> None:
    assert verdict_of(claim, harm, 0.05) == said


def test_cells_that_cannot_be_judged() -> None:
    assert unusable(None) == "evidence_missing"
    assert unusable(card(table("a", n=0, missing=3)).cell("a", "quality")) == "missing"
    assert unusable(card(table("a", n=3)).cell("a", "quality")) is None
