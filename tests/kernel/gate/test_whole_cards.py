"""Random whole cards: the order of rows changes nothing, and no picture contradicts the verdict beside it."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel import digest
from apps.kernel.evaluators.contract import Outcome
from apps.kernel.gate import decide
from apps.kernel.gate.finding import Finding
from apps.kernel.policy import Policy
from apps.kernel.report import report
from apps.kernel.scorecard import Arm, Row, Scorecard
from tests.kernel.cards import card, guard, policy, prove

EVALUATORS = ("exact", "judge")
COHORTS = ("gold", "plain", "rare")
SEEDS = st.integers(0, 10**9)
POLICY = policy(
    prove(0.03),
    prove(0.01, "high_value"),
    guard(0.05, "other_cohorts"),
    guard(0.1, "each_cohort", evaluators="secondary"),
    {"kind": "prove", "figure": "cost_ratio", "scope": "global", "at_most": 0.5},
    {"kind": "guard", "figure": "latency_ratio", "scope": "global", "at_most": 1.5, "quantile": 0.9},
    {"kind": "guard", "figure": "missing", "scope": "global", "evaluators": "all", "at_most": 0.05},
)


class Drawn:
    """The rows of a random comparison; what is true of all of them is drawn once."""

    def __init__(self, seed: int, *, whole: bool = False) -> None:
        self.dice = random.Random(seed)
        self.clusters = self.dice.random() < 0.3
        self.repeats = self.dice.choice((1, 1, 1, 3))
        self.missing = 0.0 if whole else self.dice.choice((0.0, 0.0, 0.03))
        self.worse, self.better = self.dice.choice((0.0, 0.01, 0.05, 0.2)), self.dice.choice((0.0, 0.01, 0.03, 0.1))
        sizes = {cohort: self.dice.choice((1, 7, 40, 160, 420)) for cohort in COHORTS}
        self.rows = [self._row(cohort, number) for cohort, size in sizes.items() for number in range(size)]
        self.weights = self.dice.choice((None, {"gold": 0.2, "plain": 0.7, "rare": 0.1}))

    def card(self, rows: list[Row] | None = None) -> Scorecard:
        return card(
            self.rows if rows is None else rows,
            high_value=["gold"],
            weights=self.weights,
            secondary=["judge"],
            evaluators=EVALUATORS,
        )

    def shuffled(self) -> list[Row]:
        return self.dice.sample(self.rows, len(self.rows))

    def _row(self, cohort: str, number: int) -> Row:
        sides = [[self._answer(passes) for passes in self._both()] for _ in range(self.repeats)]
        teacher, student = (self._arm([answers[side] for answers in sides]) for side in (0, 1))
        cluster = f"talk-{number % 9}" if self.clusters and number % 4 else None
        return Row(f"{cohort}-{number:04}", cohort, teacher, student, cluster)

    def _both(self) -> tuple[bool, bool]:
        teacher = self.dice.random() < 0.8
        turned = self.dice.random() < (self.worse if teacher else 4 * self.better)
        return teacher, teacher is not turned

    def _answer(self, passes: bool) -> Arm:
        mark = (0.5 + self.dice.randint(0, 2) / 4) if passes else self.dice.randint(0, 2) / 4
        found = {"exact": Outcome(float(passes)), "judge": Outcome(mark)}
        for name in EVALUATORS:
            if self.dice.random() < self.missing:
                found[name] = Outcome(None, "upstream_deadline")
        return Arm(found, Decimal(self.dice.randint(1, 9)).scaleb(-4), round(900 * self.dice.random() + 1, 3))

    def _arm(self, answers: list[Arm]) -> Arm:
        first, *others = answers
        return Arm(first.scores, first.cost_usd, first.latency_ms, repeats=tuple(others))


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_the_order_of_rows_changes_no_byte_of_card_decision_or_report(seed: int) -> None:
    drawn = Drawn(seed)
    told = []
    for rows in (drawn.rows, drawn.shuffled()):
        made = drawn.card(rows)
        decided = decide(made, POLICY)
        told.append([digest.canonical(part) for part in (made.document(), decided.document(), report(made, decided))])
    assert told[0] == told[1]


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_no_interval_contradicts_its_p_values_or_its_verdict(seed: int) -> None:
    for finding in scores_of(Drawn(seed).card(), POLICY):
        assert_picture_agrees(finding, POLICY.alpha)


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_of_a_card_without_gaps_the_picture_alone_tells_whether_it_is_proved(seed: int) -> None:
    """Nothing missing can hold a proof back then: at or above the limit is a pass, and nothing else is."""
    for finding in scores_of(Drawn(seed, whole=True).card(), POLICY):
        if finding.kind == "prove":
            assert finding.interval is not None
            assert finding.limit is not None
            assert (finding.verdict == "pass") == (finding.interval.low >= -finding.limit), finding


def scores_of(made: Scorecard, by: Policy) -> list[Finding]:
    """The findings about scores that rest on a test."""
    found = [one for one in decide(made, by).findings if one.figure == "score"]
    return [one for one in found if one.p_pass is not None]


def assert_picture_agrees(finding: Finding, alpha: float) -> None:
    interval, limit, p_pass, p_fail = finding.interval, finding.limit, finding.p_pass, finding.p_fail
    assert interval is not None
    assert limit is not None
    assert p_pass is not None
    assert p_fail is not None
    assert interval.level == pytest.approx(1 - 2 * alpha)
    # Whether the margin itself belongs to the picture is a matter of the last digit; elsewhere both say the same.
    if abs(interval.low + limit) > 1e-9:
        assert (p_pass <= alpha) == (interval.low > -limit), finding
    if abs(interval.high + limit) > 1e-9:
        assert (p_fail <= alpha) == (interval.high < -limit), finding
    if finding.verdict == "pass":
        assert interval.low >= -limit, finding
    if finding.verdict == "fail":
        assert interval.high <= -limit, finding
