"""What labels say of a card's judges, as the part ``judges`` of a report: corrected figures beside the raw ones."""

from __future__ import annotations

from apps.kernel.evaluators.anchors import drift_of
from apps.kernel.gate.correction import Correction, correction_of, labels_wanted
from apps.kernel.gate.finding import points
from apps.kernel.gate.judge_figures import (
    Found,
    accuracy,
    alpha_of,
    both_arms,
    corrected_scores,
    errs_alike,
    measured,
    raw_score,
    sameness,
)
from apps.kernel.gate.judge_rules import drifted
from apps.kernel.policy.figures import Measure
from apps.kernel.scorecard import GLOBAL, Anchors, JudgeEvidence, Scorecard
from apps.kernel.sentences.anchors import steady
from apps.kernel.statistics.agreement import JudgeTable
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.judge_error import WEAKEST_JUDGE

MEASURED: tuple[Measure, ...] = ("sensitivity", "specificity", "agreement", "kappa", "ac1", "alpha")
LABEL_LEVEL = 0.95
"""Level of the intervals about the judge itself; corrected differences have the level of the gate."""


def judges_of(card: Scorecard, *, level: float) -> list[dict[str, object]]:
    """One document a judge, empty for a card without labels and planted answers; fractions 0 to 1, ``_pp`` in points.

    Whatever is unknown is null with its ``reason``: ``judge_uncalibrated``, ``labels_too_few``, ``judge_too_weak``,
    ``judge_graded``, ``one_category``, ``no_disagreement``.
    """
    return [_judge(card, judge, level) for judge in card.judges]


def _judge(card: Scorecard, judge: JudgeEvidence, level: float) -> dict[str, object]:
    rates = accuracy(both_arms(judge), level=LABEL_LEVEL)
    people = alpha_of(card, judge, level=LABEL_LEVEL, people_only=True)
    planted = judge.planted
    return {
        "evaluator": judge.evaluator,
        "answers": judge.answers,
        "split": judge.split,
        "tables": {"teacher": _table(judge.teacher), "student": _table(judge.student)},
        "level": LABEL_LEVEL,
        **{name: _found(measured(card, judge, name, level=LABEL_LEVEL)) for name in MEASURED},
        "alpha_people": _found(Found(people.value, people.interval, people.reason)),
        "youden": None if rates is None else rates.youden,
        "too_weak": rates is not None and rates.youden is not None and rates.youden < WEAKEST_JUDGE,
        "errs_alike": _sameness(judge),
        "scores": _scores(card, judge),
        "deltas": [
            _delta(card, name, judge.evaluator, level)
            for name in (GLOBAL, *(cohort.name for cohort in card.cohorts))
            if card.cell(name, judge.evaluator) is not None
        ],
        "planted": None
        if planted is None
        else {"asked": planted.asked, "missing": planted.missing, "misjudged": dict(sorted(planted.misjudged.items()))},
        # Left out where there are none, so that reports of cards without anchors stay as they were.
        **({} if judge.anchors is None else {"anchors": _anchors(judge.anchors)}),
    }


def _anchors(found: Anchors) -> dict[str, object]:
    """What the judge says of stored answers that it judged before; ``drift`` is null while nothing shows a change."""
    drift = drift_of(found)
    sentence = drifted(found) or steady(judged=drift.judged, flips=drift.flips, drawn_on=found.drawn_on)
    return {
        "set": found.set,
        "revision": found.revision,
        "drawn_on": found.drawn_on,
        "size": found.size,
        "judged": drift.judged,
        "missing": dict(sorted(found.missing.items())),
        "stricter": drift.stricter,
        "kinder": drift.kinder,
        "shift_pp": points(drift.shift),
        "p": _rounded(drift.p),
        "told": {"then": list(found.told_then), "now": list(found.told_now)},
        "drift": drift.code,
        "sentence": sentence,
    }


def _found(found: Found) -> dict[str, object]:
    return {"value": _rounded(found.value), "interval": _ends(found.interval), "reason": found.reason}


def _table(table: JudgeTable) -> dict[str, int]:
    return {
        "both_pass": table.both_pass,
        "judge_only": table.judge_only,
        "human_only": table.human_only,
        "both_fail": table.both_fail,
    }


def _sameness(judge: JudgeEvidence) -> dict[str, object]:
    tested = sameness(judge)
    return {
        "value": errs_alike(judge),
        "p_sensitivity": None if tested is None else _rounded(tested.p_sensitivity),
        "p_specificity": None if tested is None else _rounded(tested.p_specificity),
    }


def _scores(card: Scorecard, judge: JudgeEvidence) -> dict[str, object]:
    shown: dict[str, object] = {}
    for role, score in corrected_scores(card, judge).items():
        if isinstance(score, str):
            raw = _rounded(raw_score(card, judge, role))
            shown[role] = {"raw": raw, "corrected": None, "interval": None, "reason": score}
        else:
            shown[role] = {
                "raw": _rounded(score.raw),
                "corrected": _rounded(score.corrected),
                "interval": _ends(score.interval),
                "reason": None,
            }
    return shown


def _delta(card: Scorecard, cohort: str, evaluator: str, level: float) -> dict[str, object]:
    found, cell = correction_of(card, cohort, evaluator), card.cell(cohort, evaluator)
    raw = None if cell is None else cell.delta
    if not isinstance(found, Correction):
        return {
            "cohort": cohort,
            "raw_pp": points(raw),
            "corrected_pp": None,
            "interval_pp": None,
            "level": None,
            "lean": None,
            "labelled": found,
            "labels_wanted": labels_wanted(card, cohort, evaluator),
            "reason": "judge_uncalibrated",
        }
    corrected = found.delta(level=level)
    return {
        "cohort": cohort,
        "raw_pp": points(raw),
        "corrected_pp": points(corrected.corrected),
        "interval_pp": [points(corrected.interval.low), points(corrected.interval.high)],
        "level": level,
        "lean": _rounded(corrected.weight),
        "labelled": corrected.n_labelled,
        "labels_wanted": 0,
        "reason": None,
    }


def _ends(interval: Interval | None) -> list[float | None] | None:
    return None if interval is None else [_rounded(interval.low), _rounded(interval.high)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 9) + 0.0
