"""The judges of a report as a panel: their tables and agreement, corrected figures beside the raw ones."""

from __future__ import annotations

from dataclasses import dataclass

from apps.console import figures
from apps.console.verdict_panel import ALL_TRAFFIC, Document

NAMES = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "agreement": "Agreement",
    "kappa": "Cohen's κ",
    "ac1": "Gwet's AC1",
    "alpha": "Krippendorff's α",
    "alpha_people": "α among people",
}
MEANS = {
    "sensitivity": "of what people pass, the judge passes",
    "specificity": "of what people fail, the judge fails",
    "agreement": "the same verdict, chance counted in",
    "kappa": "beyond chance; misleads where nearly all passes",
    "ac1": "beyond chance, steady where nearly all passes",
    "alpha": "the judge and all labellers together",
    "alpha_people": "labellers without the judge",
}
REASONS = {
    "judge_uncalibrated": "not calibrated",
    "labels_too_few": "too few labels: 30 passes and 30 fails are needed",
    "judge_too_weak": "judge too weak to be corrected",
    "judge_graded": "only for scores of 0 and 1",
    "one_category": "undefined: all ratings are alike",
    "no_overlap": "one labeller only",
    "no_disagreement": "no disagreement seen",
    "too_uniform": "too uniform for an interval",
    "evidence_missing": "no scores",
}


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    means: str
    value: str
    interval: str


@dataclass(frozen=True, slots=True)
class Arm:
    """One model's labelled answers, and its score as the judge says and corrected."""

    role: str
    both_pass: str
    judge_only: str
    human_only: str
    both_fail: str
    raw: str
    corrected: str


@dataclass(frozen=True, slots=True)
class Corrected:
    place: str
    raw: str
    corrected: str
    interval: str
    labelled: str


@dataclass(frozen=True, slots=True)
class Judge:
    evaluator: str
    answers: str
    warnings: tuple[str, ...]
    measures: tuple[Measure, ...]
    arms: tuple[Arm, ...]
    deltas: tuple[Corrected, ...]
    planted: str
    anchors: str
    shrinks: str


def judges(report: Document) -> tuple[Judge, ...]:
    """One entry a judge that people labelled or that was checked; empty without any."""
    return tuple(_judge(judge) for judge in report.get("judges", ()))


def _judge(judge: Document) -> Judge:
    return Judge(
        evaluator=judge["evaluator"],
        answers=figures.plural(judge["answers"], "labelled answer"),
        warnings=tuple(_warnings(judge)),
        measures=tuple(_measure(name, judge[name]) for name in NAMES) if judge["answers"] else (),
        arms=tuple(_arm(judge, role) for role in ("teacher", "student")) if judge["answers"] else (),
        deltas=tuple(map(_delta, judge["deltas"])) if judge["answers"] else (),
        planted=_planted(judge["planted"]),
        anchors=_anchors(judge),
        shrinks=_shrinks(judge),
    )


def _shrinks(judge: Document) -> str:
    """What a true loss looks like in the judge's eyes, "" where that cannot be said (statistics.md §4.5: J·M)."""
    if judge["youden"] is None or judge["too_weak"] or judge["errs_alike"]["value"] is False:
        return ""
    return (
        f"A judge that errs like this on both models alike shows a true loss of 1.0 pp as {judge['youden']:.2f} pp. "
        "No rule reads that: that it errs alike is not shown, only not refuted."
    )


def _warnings(judge: Document) -> list[str]:
    found = []
    if judge.get("anchors") and judge["anchors"]["drift"]:
        found.append(judge["anchors"]["sentence"])
    if judge["too_weak"]:
        found.append(
            f"Sensitivity + specificity − 1 is {judge['youden']:.2f}. Below 0.30 a judge's scores cannot be corrected."
        )
    if judge["errs_alike"]["value"] is False:
        found.append(
            "The judge errs otherwise on the student than on the teacher, so its raw difference may be bias alone. "
            "Only the corrected difference counts."
        )
    if judge["split"]:
        found.append(
            f"People were evenly divided on {figures.plural(judge['split'], 'answer')}, which stand in no table."
        )
    return found


def _measure(name: str, found: Document) -> Measure:
    value = figures.UNKNOWN if found["value"] is None else _share(found["value"])
    ends = found["interval"]
    if found["value"] is None or ends is None:
        shown = REASONS.get(found["reason"] or "", figures.UNKNOWN)
    else:
        shown = f"[{_share(ends[0])}, {_share(ends[1])}]"
    return Measure(NAMES[name], MEANS[name], value, shown)


def _arm(judge: Document, role: str) -> Arm:
    table, score = judge["tables"][role], judge["scores"][role]
    corrected = REASONS.get(score["reason"] or "", figures.UNKNOWN)
    if score["corrected"] is not None:
        low, high = score["interval"]
        corrected = f"{figures.score(score['corrected'])} [{figures.score(low)}, {figures.score(high)}]"
    return Arm(
        role=role.capitalize(),
        raw=figures.score(score["raw"]),
        corrected=corrected,
        **{name: figures.count(count) for name, count in table.items()},
    )


def _delta(delta: Document) -> Corrected:
    wanted = f"not calibrated: {figures.plural(delta['labels_wanted'], 'more row')} to label"
    if not delta["labels_wanted"]:
        wanted = "not calibrated: too few clusters are labelled"
    is_known = delta["corrected_pp"] is not None
    return Corrected(
        place=ALL_TRAFFIC if delta["cohort"] == "*" else delta["cohort"],
        raw=figures.signed(delta["raw_pp"]),
        corrected=figures.signed(delta["corrected_pp"]),
        interval=figures.interval(delta["interval_pp"]) if is_known else wanted,
        labelled=figures.count(delta["labelled"]),
    )


def _planted(planted: Document | None) -> str:
    """What became of planted answers, "" where none were asked about."""
    if planted is None:
        return ""
    wrong = sum(planted["misjudged"].values())
    said = f"{figures.plural(planted['asked'], 'planted answer')} with a known verdict: {wrong:,} misjudged"
    return f"{said}, {planted['missing']:,} without a verdict." if planted["missing"] else f"{said}."


def _anchors(judge: Document) -> str:
    """What became of the anchors, "" without any. Of a judge that changed the warning above says it."""
    found = judge.get("anchors")
    return "" if found is None or found["drift"] else found["sentence"]


def _share(value: float) -> str:
    return f"{value:.2f}".replace("-", figures.MINUS)
