"""How far a run has come, in words and shares for a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING

from apps.audit import queries as audit
from apps.console import figures
from apps.console.run_control import acts_of
from apps.console.run_so_far import so_far
from apps.evals.progress import Progress
from apps.inference import errors
from apps.kernel import budget, lifecycle
from apps.labels.spent import progress
from apps.scorecards import queries as scorecards

if TYPE_CHECKING:
    from apps.evals.models import EvalRun

FAULT_WORDS: Mapping[str, str] = {
    **errors.WORDS,
    "input_missing": "a row has nothing to ask a model",
    "worker_lost": "a worker was lost with it too often",
}
REASON_WORDS: Mapping[str, str] = {
    "judge_unparsable": "a judge's verdict could not be read",
    "judge_out_of_range": "a judge's verdict lies outside its scale",
    "judge_refused": "a judge refused to say",
    "judge_not_callable": "the judge cannot be called",
    "reference_absent": "a row has no reference to compare with",
    "schema_absent": "a row has no schema",
    "not_recorded": "no score was recorded",
    "evaluator_timeout": "a row took too long to check",
}
JUDGE = "judge_"


def live(run: EvalRun) -> SimpleNamespace:
    """``acts`` is what the page's heading offers: a page that was made for other acts is stale.

    A completed run is watched until its scorecard is sealed: that is what everybody waits for.
    """
    now = progress(run)
    card = scorecards.numbers_of([run.pk]).get(run.pk)
    faults = bool(now.faults or _by_judges(now))
    return SimpleNamespace(
        number=run.number,
        status=now.status,
        is_final=now.is_final,
        is_watched=not now.is_final or (now.status == lifecycle.COMPLETED and card is None),
        acts=" ".join((*acts_of(run, has_faults=faults), *(("open",) if card is not None else ()))),
        reason=_reason(run),
        answered=now.answered,
        planned=now.planned_answers,
        answers_more=_answers(now),
        judging=_judging(now),
        measuring=_measuring(now),
        so_far=so_far(now),
        scored=figures.count(now.scored),
        missing=figures.plural(now.missing, "score") if now.missing else "",
        left=_left(now),
        rate=f"{now.examples_per_second:.1f} rows/s" if now.examples_per_second and _is_moving(now) else "",
        problems=_problems(now),
        summary=_summary(run, now, card),
        scorecard=card,
        **_money(now),
    )


def _answers(now: Progress) -> str:
    """What the bar of answers does not show: the sides, and what was not asked for again."""
    roles = now.roles or {}
    parts = [f"{role} {figures.count(count)}" for role, count in roles.items()] if now.answered else []
    if now.reused:
        parts.append(f"{figures.count(now.reused)} reused")
    if now.call_faults:
        parts.append(f"{figures.plural(sum(now.call_faults.values()), 'call')} failed")
    if now.calls_open and not now.is_final:
        parts.append(f"{figures.plural(now.calls_open, 'call')} on the way")
    return " · ".join(parts)


def _judging(now: Progress) -> SimpleNamespace | None:
    """The judges' own bar, in verdicts; None where no judge is asked. ``more`` says what it waits for."""
    if now.judgements is None:
        return None
    done, total = now.judgements
    waits = done < total and not now.is_final
    return SimpleNamespace(done=done, total=total, more="judges follow the answers" if waits else "")


def _measuring(now: Progress) -> SimpleNamespace | None:
    """The bar of the stage that measures a divergence, in batches of rows; None where the run has none."""
    stage = (now.stages or {}).get("measuring")
    return None if stage is None else SimpleNamespace(done=stage[0], total=stage[1])


def _left(now: Progress) -> str:
    if now.seconds_left_range is None or not _is_moving(now):
        return ""
    least, most = (figures.duration(seconds) for seconds in now.seconds_left_range)
    return f"about {least} left" if least == most else f"{least} to {most} left"


def _is_moving(now: Progress) -> bool:
    return not now.is_final and now.status != lifecycle.PAUSED


def _money(now: Progress) -> dict[str, object]:
    """Spend that is certain, what may come on top, and how much of the budget both take together."""
    checking = now.checking_usd or Decimal(0)
    upper = now.certain_usd + now.unconfirmed_usd + checking
    return {
        "spend": figures.usd(now.certain_usd),
        "unconfirmed": figures.usd(now.unconfirmed_usd) if now.unconfirmed_usd else "",
        "listed": figures.usd(now.spend_usd) if now.spend_usd != now.certain_usd else "",
        "projected": figures.usd(now.projected_usd) if now.projected_usd is not None and not now.is_final else "",
        "checking": figures.usd(checking) if checking else "",
        "unpriced": figures.plural(now.unpriced_answers, "answer") if now.unpriced_answers else "",
        "budget": figures.usd(now.budget_usd) if now.budget_usd is not None else "",
        "budget_upper": figures.usd(upper),
        "budget_percent": _percent(upper, now.budget_usd),
    }


def _percent(part: Decimal, whole: Decimal | None) -> int:
    return min(100, round(100 * part / whole)) if whole else 0


def _problems(now: Progress) -> list[dict[str, object]]:
    """Causes with what they cost us, the most frequent first."""
    answers = [(FAULT_WORDS.get(code, code.replace("_", " ")), count, "answer") for code, count in now.faults.items()]
    scores = [(_reason_words(code), count, "score") for code, count in (now.judge_faults or {}).items()]
    found = sorted((*answers, *scores), key=lambda one: (-one[1], one[0]))
    return [{"words": words, "count": figures.plural(count, what)} for words, count, what in found]


def _reason_words(code: str) -> str:
    if code in REASON_WORDS:
        return REASON_WORDS[code]
    if code.startswith(JUDGE) and (words := FAULT_WORDS.get(code.removeprefix(JUDGE))):
        return f"asking a judge: {words}"
    return code.replace("_", " ")


def _by_judges(now: Progress) -> list[str]:
    return [code for code in now.judge_faults or {} if code.startswith(JUDGE)]


def _reason(run: EvalRun) -> str:
    """Why a run stands still: the budget, or who paused it and what she said."""
    if run.status != lifecycle.PAUSED:
        return ""
    if run.paused_because == budget.BUDGET_SPENT:
        return f"The next call does not fit into the budget of {figures.usd(run.budget_usd)}."
    paused = audit.trail_of("evals.evalrun", run.pk).filter(event="eval_run.paused").last()
    if paused is None:
        return ""
    said = json.loads(bytes(paused.payload)).get("because", "")
    return f"Paused by {paused.actor_label}" + (f": {said}" if said else ".")


def _summary(run: EvalRun, now: Progress, card: int | None) -> str:
    if card is not None:
        return f"Run #{run.number} is complete: scorecard #{card} is sealed."
    if now.is_final:
        return f"Run #{run.number} is {now.status.lower()}."
    return f"Run #{run.number} is {now.status.lower()}: {int(now.share_done * 10) * 10} % answered."
