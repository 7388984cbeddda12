"""What is said of a judge that anchors show to have changed, and of cards that must not be compared for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.kernel.sentences.words import causes_of, pp

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
REDRAW = "→ Use a judge version that stays as it is, or draw new anchors"
INCOMPARABLE = {
    "judge_changed": "another judge scored it: the model version, the question or its settings differ",
    "judge_unchecked": "its anchors have no verdict on one of the scorecards, so nothing shows that it stayed the same",
    "judge_drifted": "the judge changed between the two: its anchors show it on one of the scorecards",
    "anchors_replaced": "new anchors were drawn between the two, so nothing shows that the judge stayed as it was",
}


def month(day: str) -> str:
    """ "2026-03-14" is "March 2026"."""
    year, number, _ = day.split("-")
    return f"{MONTHS[int(number) - 1]} {year}"


def flipped(*, judged: int, stricter: int, kinder: int, p: float, drawn_on: str) -> str:
    return (
        f"Judge not reliable. The judge gave {stricter + kinder:,} of {judged:,} stored answers another verdict than "
        f"in {month(drawn_on)} ({stricter:,} no longer pass, {kinder:,} pass now; chance would do this in "
        f"{_chance(p)}). {REDRAW}"
    )


def shifted(*, judged: int, shift: float, p: float, drawn_on: str) -> str:
    return (
        f"Judge not reliable. The judge scores {judged:,} stored answers {pp(abs(shift))} "
        f"{'higher' if shift > 0 else 'lower'} than in {month(drawn_on)} "
        f"(chance would do this in {_chance(p)}). {REDRAW}"
    )


def renamed(*, then: Sequence[str], now: Sequence[str], drawn_on: str) -> str:
    """The provider names another model or fingerprint than it did."""
    return (
        f"Judge not reliable. The judge answers as {_named(now)}; in {month(drawn_on)} it answered as {_named(then)}. "
        f"It may be another model. {REDRAW}"
    )


def silent(*, size: int, missing: Mapping[str, int]) -> str:
    absent = sum(missing.values())
    return (
        f"Judge not reliable. {absent:,} of {size:,} stored answers have no verdict now "
        f"({', '.join(causes_of(missing))}), so nothing shows that the judge is the one it was. "
        "→ Run again, or draw new anchors"
    )


def steady(*, judged: int, flips: int, drawn_on: str) -> str:
    """Nothing shows a change: what a page says beside the figures."""
    same = "all as then" if not flips else f"{flips:,} another verdict, no more one way than chance allows"
    return f"{judged:,} stored answers judged again as in {month(drawn_on)}: {same}."


def incomparable(evaluator: str, code: str) -> str:
    """Why an evaluator's scores on two cards are not set against each other."""
    return f"{evaluator} is not compared: {INCOMPARABLE[code]}."


def _chance(p: float) -> str:
    return "fewer than 1 of 10,000 runs" if p < 0.0001 else f"{p * 100:.2g} of 100 runs"


def _named(names: Sequence[str]) -> str:
    return " and ".join(f"'{name[:80]}'" for name in names)
