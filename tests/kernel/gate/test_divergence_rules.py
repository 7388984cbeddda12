"""A guard over a lower bound: it fails when even its low end is beyond, and proves nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from apps.kernel.gate import decide
from apps.kernel.gate.divergence_rules import text_divergence, token_divergence
from apps.kernel.gate.finding import Finding
from apps.kernel.likelihood import Sampling
from apps.kernel.scorecard import GLOBAL, Row, Scorecard
from apps.kernel.scorecard.texts import TextRow, Texts
from apps.kernel.statistics.divergence import RowDivergence, RowMissing
from tests.kernel.cards import arm, card, policy


def told(rows: list[RowDivergence | RowMissing | None], *, cohort: str = "a") -> list[Row]:
    return [Row(f"{cohort}{n}", cohort, arm(1.0), arm(1.0), divergence=row) for n, row in enumerate(rows)]


def far(count: int, nats: float = 0.4, covered: float = 0.97) -> list[RowDivergence | RowMissing | None]:
    return [RowDivergence(nats + n % 3 / 100, 0.2, 0.3, covered, 4) for n in range(count)]


def guarded(evidence: Scorecard, at_most: float = 0.2) -> Finding:
    rule = {"kind": "guard", "figure": "divergence", "scope": "global", "at_most": at_most}
    return decide(evidence, policy(rule)).findings[0]


def test_a_lower_bound_wholly_beyond_the_limit_fails() -> None:
    found = guarded(card(told(far(30))))
    assert (found.verdict, found.reason, found.limit) == ("fail", None, 0.2)
    assert found.value == pytest.approx(0.41)
    assert found.interval is not None
    assert found.interval.low > 0.4
    assert found.sentence == (
        "Fail. All cohorts: at least 0.410 nats a token (covers 97 % of teacher mass); even the kindest reading is "
        f"{found.interval.low:.3f}, beyond the 0.2 limit (30 rows)."
    )


def test_a_bound_within_the_limit_is_clear_and_says_that_it_proves_nothing() -> None:
    found = guarded(card(told(far(30))), at_most=0.9)
    assert found.verdict == "clear"
    assert "which proves no closeness" in found.sentence


def test_below_twenty_rows_nothing_is_shown() -> None:
    found = guarded(card(told(far(19))))
    assert (found.verdict, found.interval) == ("clear", None)
    assert "Weak look: too few rows" in found.sentence


@pytest.mark.parametrize(
    ("rows", "reason", "figure", "words"),
    [
        ([None] * 3, "evidence_missing", "not_available", "no log-probabilities were stored"),
        ([RowMissing("not_comparable")] * 3, "not_comparable", "not_comparable", "not known to share a tokenizer"),
        ([RowMissing("list_empty")] * 3, "evidence_missing", "no_rows", "no row has token lists"),
    ],
)
def test_without_a_figure_the_guard_does_not_know(rows: list, reason: str, figure: str, words: str) -> None:
    evidence = card(told(rows))
    found = guarded(evidence)
    assert (found.verdict, found.reason, found.value) == ("inconclusive", reason, None)
    assert words in found.sentence
    assert token_divergence(evidence, GLOBAL, level=0.9).reason == figure


def test_rows_without_lists_among_others_are_missing_and_cohorts_add_up() -> None:
    evidence = card([*told([*far(20), None]), *told([None], cohort="b")])
    whole = token_divergence(evidence, GLOBAL, level=0.9)
    assert (whole.rows, whole.positions, whole.missing) == (20, 80, (("no_logprobs", 2),))
    assert token_divergence(evidence, "b", level=0.9).reason == "no_rows"
    assert token_divergence(evidence, "a", level=0.9) == token_divergence(evidence, "a", level=0.9)


def test_no_high_value_cohort_is_asked_in_vain() -> None:
    rule = {"kind": "guard", "figure": "divergence", "scope": "high_value", "at_most": 0.2}
    found = decide(card(told(far(30))), policy(rule)).findings[0]
    assert (found.verdict, found.reason) == ("inconclusive", "evidence_missing")


def read(rows: list[TextRow | RowMissing], *, sampling: Sampling = "temperature_1") -> Scorecard:
    """A card on which these are what both models find of the teacher's answers."""
    plain = card(told([None] * len(rows)))
    measured = replace(plain.traffic["a"], texts=Texts.of(rows, sampling=sampling))
    return replace(plain, traffic={"a": measured})


def apart(count: int, bits: float) -> list[TextRow | RowMissing]:
    """Rows of ten bytes, each so many bits a byte apart, give or take a little."""
    return [TextRow(-10.0, -10.0 - (10 * bits + n % 3 / 10) * math.log(2), 10) for n in range(count)]


def by_bytes(evidence: Scorecard, at_most: float = 0.2) -> Finding:
    rule = {"kind": "guard", "figure": "divergence", "scope": "global", "at_most": at_most, "measure": "bits_per_byte"}
    return decide(evidence, policy(rule)).findings[0]


def test_a_gap_wholly_beyond_the_limit_fails() -> None:
    found = by_bytes(read(apart(30, 0.4)))
    assert (found.verdict, found.reason, found.limit, found.measure) == ("fail", None, 0.2, "bits_per_byte")
    assert found.value == pytest.approx(0.41)
    assert found.interval is not None
    assert found.sentence == (
        "Fail. All cohorts: bits-per-byte gap 0.410; even the kindest reading is "
        f"{found.interval.low:.3f}, beyond the 0.2 limit (30 rows)."
    )
    assert found.document()["measure"] == "bits_per_byte"


def test_a_gap_within_the_limit_is_clear_and_named_for_what_it_is() -> None:
    found = by_bytes(read(apart(30, 0.4), sampling="greedy"), at_most=0.9)
    assert found.verdict == "clear"
    assert found.sentence.startswith("Clear. All cohorts: cross-entropy gap 0.410, plausibly 0.")


def test_a_gap_of_few_rows_fails_nothing() -> None:
    found = by_bytes(read(apart(19, 5.0)))
    assert (found.verdict, found.interval) == ("clear", None)
    assert "Weak look: too few rows" in found.sentence


@pytest.mark.parametrize(
    ("rows", "reason", "words"),
    [
        (
            [RowMissing("prompt_scoring_unsupported")],
            "not_comparable",
            "the student's endpoint cannot score a given text",
        ),
        ([RowMissing("no_logprobs")], "evidence_missing", "came without log-probabilities"),
        ([RowMissing("text_cut")], "evidence_missing", "no row could be measured (text cut)"),
    ],
)
def test_without_a_gap_the_guard_does_not_know(rows: list[TextRow | RowMissing], reason: str, words: str) -> None:
    found = by_bytes(read(rows))
    assert (found.verdict, found.reason, found.value) == ("inconclusive", reason, None)
    assert words in found.sentence


def test_a_card_that_did_not_measure_says_how_to() -> None:
    found = by_bytes(card(told([None])))
    assert (found.verdict, found.reason) == ("inconclusive", "evidence_missing")
    assert found.sentence.endswith("→ Start a run with divergence bits_per_byte")


def test_rows_of_a_cluster_are_one_unit_of_a_gap() -> None:
    rows = [replace(row, cluster=f"c{n % 5}") for n, row in enumerate(apart(40, 0.4)) if isinstance(row, TextRow)]
    found = text_divergence(read(list(rows)), GLOBAL, level=0.9)
    assert found.gap is not None
    assert (found.gap.n, found.gap.interval) == (40, None)
