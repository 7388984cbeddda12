"""How likely the student finds the teacher's answers, by cohort, in words: the divergence of whole answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.console import figures
from apps.console.verdict_panel import Document

GLOBAL = "*"
ALL_ROWS = "All rows, by bytes"
DIVERGENCE, CROSS_ENTROPY = "Bits-per-byte gap", "Cross-entropy gap"
ON = {
    "temperature_1": DIVERGENCE,
    "greedy": f"{CROSS_ENTROPY} on greedy text",
    "other": f"{CROSS_ENTROPY} on text not sampled at temperature 1",
}
WHY = {
    "prompt_scoring_unsupported": "not comparable: the student's endpoint cannot score a given text",
    "not_measured": "not measured",
    "no_logprobs": "the teacher's answer came without log-probabilities",
    "no_text": "the teacher gave no answer",
    "no_bytes": "the teacher's answer is empty",
    "text_cut": "the teacher's answer was cut off",
    "teacher_tokens_differ": "the teacher's tokens do not spell its answer",
    "prompt_not_scored": "the student's endpoint told no log-probabilities of the text",
    "boundary_not_found": "the student's tokens do not begin where the answer begins",
    "logprobs_invalid": "a log-probability that cannot be true",
    "logprob_positive": "a log-probability above 0",
    "not_finite": "a log-probability that is no number",
    "worker_lost": "the worker was lost three times",
    "no_rows": "no row",
}
ASKING = "student_"


@dataclass(frozen=True, slots=True)
class TextLine:
    """A cohort's gap, the bits a byte of both models and what was left out, in words; ``gap`` is "" with a reason."""

    title: str
    n: str
    gap: str
    interval: str
    teacher: str
    student: str
    reason: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextPanel:
    """``title`` says what the gap is of. ``headline``: all rows in one sentence."""

    title: str
    headline: str
    is_divergence: bool
    lines: tuple[TextLine, ...]


def text_panel(report: Document) -> TextPanel | None:
    """None where the run did not measure it."""
    told = [(cohort, found) for cohort in report["cohorts"] if (found := cohort.get("bits_per_byte")) is not None]
    if not told:
        return None
    total = next(found for cohort, found in told if cohort["cohort"] == GLOBAL)
    lines = tuple(_line(cohort["cohort"], found) for cohort, found in told)
    return TextPanel(title_of(total), _headline(total), total["sampling"] == "temperature_1", lines)


def title_of(found: Document) -> str:
    """What a gap may be called: a divergence only of text that the teacher sampled at temperature 1."""
    return ON.get(found["sampling"] or "other", ON["other"])


def why(code: str) -> str:
    """A reason for a missing row, in words."""
    if code in WHY:
        return WHY[code]
    words = code.removeprefix(ASKING).replace("_", " ")
    return f"asking the student failed: {words}" if code.startswith(ASKING) else words


def bits(value: float | None) -> str:
    """Bits a byte with three decimals and a real minus sign."""
    return figures.UNKNOWN if value is None else f"{value:.3f}".replace("-", figures.MINUS)


def span(ends: list[float] | None) -> str:
    """Both ends in brackets; "" without."""
    return "" if ends is None else f"[{bits(ends[0])}, {bits(ends[1])}]"


def _headline(total: Document) -> str:
    if total["gap"] is None:
        said = why(total["reason"])
        return f"{said[:1].upper()}{said[1:]}."
    more = "more" if total["gap"] >= 0 else "fewer"
    ends = f", plausibly {bits(total['interval'][0])} to {bits(total['interval'][1])}" if total["interval"] else ""
    return (
        f"To write the teacher's answers the student needs {bits(abs(total['gap']))} bits a byte {more} than the "
        f"teacher{ends} (n {figures.count(total['n'])})."
    )


def _line(cohort: str, found: Document) -> TextLine:
    return TextLine(
        title=ALL_ROWS if cohort == GLOBAL else cohort,
        n=figures.count(found["n"]),
        gap="" if found["gap"] is None else bits(found["gap"]),
        interval=span(found["interval"]),
        teacher=bits(found["teacher"]),
        student=bits(found["student"]),
        reason="" if found["reason"] is None else why(found["reason"]),
        missing=_missing(found["missing"]),
    )


def _missing(reasons: Mapping[str, int]) -> tuple[str, ...]:
    ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return tuple(f"{figures.plural(count, 'row')}: {why(code)}" for code, count in ordered)
