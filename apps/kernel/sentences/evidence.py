"""What a gate says about costs, latencies, missing answers and evidence as a whole."""

from __future__ import annotations

from apps.kernel.sentences.words import place, pp, rows_of
from apps.kernel.statistics.interval import Interval


def cost(cohort: str, verdict: str, *, ratio: float, interval: Interval | None, at_most: float, rows: int) -> str:
    """A known cost ratio against its limit, for each verdict a rule can give it."""
    where, tally = f"{place(cohort)}: cost ratio {ratio:.4f}", f"({rows_of(rows)})"
    if interval is None:
        span = "Clear" if verdict == "clear" else "Not enough evidence"
        return f"{span}. {where}; too few rows to bound it ({rows_of(rows)}). The limit is {at_most:g}. → Add rows"
    low, high = f"{interval.low:.4f}", f"{interval.high:.4f}"
    if verdict == "pass":
        return f"Pass. {where}, at most {high} plausible, within the {at_most:g} limit {tally}."
    if verdict == "fail":
        return f"Fail. {where}; even the kindest reading is {low}, beyond the {at_most:g} limit {tally}."
    if verdict == "clear":
        return f"Clear. {where}, plausibly {low} to {high}: not shown to exceed {at_most:g} {tally}."
    return f"Not enough evidence. {where}, plausibly {low} to {high}; the limit is {at_most:g} {tally}. → Add rows"


def cost_unknown(cohort: str, *, reason: str, unpriced: int) -> str:
    if reason == "unpriced":
        attempts = "1 attempt has" if unpriced == 1 else f"{unpriced:,} attempts have"
        return f"Cost unknown. {place(cohort)}: {attempts} no price. → Add a price card"
    if reason == "teacher_cost_zero":
        return f"Cost unknown. {place(cohort)}: the teacher cost nothing, so there is no ratio."
    return f"Cost unknown. {place(cohort)}: no row was attempted by both models."


def latency_unknown(cohort: str, *, reason: str, is_clear: bool = False) -> str:
    if reason == "teacher_timed_out":
        never = f"{place(cohort)}: at this percentile the teacher's answer never came"
        if is_clear:
            return f"Clear. {never}, so the student is not shown to be slower."
        return f"Latency unknown. {never}, so there is no ratio. → Run the teacher again"
    if reason == "teacher_latency_zero":
        return f"Latency unknown. {place(cohort)}: the teacher's is zero, so there is no ratio."
    return f"Latency unknown. {place(cohort)}: no row has a latency of both models. → Record latencies"


def divergence(
    cohort: str,
    *,
    is_beyond: bool,
    nats: float,
    interval: Interval | None,
    covered: float,
    rows: int,
    at_most: float,
) -> str:
    """The least divergence of next tokens against its limit; never "at most", for only a lower bound is known."""
    said = f"{place(cohort)}: at least {nats:.3f} nats a token (covers {covered * 100:.0f} % of teacher mass"
    if is_beyond and interval is not None:
        low = f"{interval.low:.3f}"
        return f"Fail. {said}); even the kindest reading is {low}, beyond the {at_most:g} limit ({rows_of(rows)})."
    weak = " Weak look: too few rows for an interval." if interval is None else ""
    return f"Clear. {said}): not shown to exceed {at_most:g}, which proves no closeness ({rows_of(rows)}).{weak}"


def divergence_unknown(cohort: str, *, reason: str) -> str:
    if reason == "not_comparable":
        return (
            f"Divergence unknown. {place(cohort)}: the models are not known to share a tokenizer, so their tokens are "
            "not comparable. → Name the tokenizer of both versions"
        )
    if reason == "not_available":
        return f"Divergence unknown. {place(cohort)}: no log-probabilities were stored. → Ask both models for them"
    return f"Divergence unknown. {place(cohort)}: no row has token lists of both models that can be read."


def byte_gap(
    cohort: str,
    *,
    is_beyond: bool,
    bits: float,
    interval: Interval | None,
    rows: int,
    at_most: float,
    is_divergence: bool,
) -> str:
    """The bits-per-byte gap against its limit. A guard: within the limit it is clear, which is no proof."""
    figure = "bits-per-byte gap" if is_divergence else "cross-entropy gap"
    said = f"{place(cohort)}: {figure} {bits:.3f}"
    if interval is None:
        return (
            f"Clear. {said} against a limit of {at_most:g}. Weak look: too few rows for an interval ({rows_of(rows)})."
        )
    low, high = f"{interval.low:.3f}", f"{interval.high:.3f}"
    if is_beyond:
        return f"Fail. {said}; even the kindest reading is {low}, beyond the {at_most:g} limit ({rows_of(rows)})."
    return f"Clear. {said}, plausibly {low} to {high}: not shown to exceed {at_most:g} ({rows_of(rows)})."


def byte_gap_unknown(cohort: str, *, reason: str) -> str:
    why, step = WHY_NO_GAP.get(reason, (f"no row could be measured ({reason.replace('_', ' ')})", ""))
    return f"Divergence unknown. {place(cohort)}: {why}.{step}"


WHY_NO_GAP = {
    "not_measured": (
        "the run did not ask how likely the student finds the teacher's answers",
        " → Start a run with divergence bits_per_byte",
    ),
    "prompt_scoring_unsupported": (
        "not comparable: the student's endpoint cannot score a given text",
        " → Register the student on vLLM, llama.cpp or an OpenAI completions server",
    ),
    "no_logprobs": (
        "the teacher's answers came without log-probabilities",
        " → Register a teacher version that asks for them (logprobs)",
    ),
}


def missing_share(
    cohort: str, verdict: str, *, evaluator: str, arm: str, count: int, rows: int, limit: float, difference: float
) -> str:
    """The share that one arm misses against its limit; ``difference`` is student − teacher of that share."""
    if not count:
        return f"Clear. {place(cohort)}: no score is missing."
    said = f"{place(cohort, evaluator)}: {count:,} of {rows_of(rows)} of the {arm} missing"
    limits = f"({count / rows * 100:.1f} %, limit {limit * 100:g} %; student − teacher {pp(difference, signed=True)})"
    if verdict == "fail":
        return f"Fail. {said} {limits}."
    if verdict == "inconclusive":
        return f"Not enough evidence. {said} {limits}. → Retry the {count:,}"
    return f"Clear. {said} {limits}."


def missing_unknown(cohort: str) -> str:
    return f"Not enough evidence. {place(cohort)}: no row has a score the rule asks for. → Score the rows"


def nothing_proved() -> str:
    return "Nothing proved. No rule of the policy asks for a proof that this card could give. → Add a prove rule"


def unpaired(*, teacher_only: int, student_only: int, rows: int) -> str:
    return (
        f"Not to be trusted. {rows_of(teacher_only)} have only a teacher output and {rows_of(student_only)} only a "
        f"student output, out of {rows:,}: what is left need not be like the whole. → Add the outputs that lack"
    )


def percentile(quantile: float) -> str:
    """0.99 is "p99", 0.5 is "p50", 0.999 is "p99.9"."""
    return f"p{quantile * 100:g}"
