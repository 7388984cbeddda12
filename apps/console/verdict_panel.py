"""What the top of a scorecard says: the verdict, why, what next, and one line a rule. Pure, from the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.console import figures

Document = Mapping[str, Any]

ALL_TRAFFIC = "All traffic"
FIGURES = {
    "cost_ratio": "cost ratio",
    "latency_ratio": "latency ratio",
    "missing": "missing answers",
    "divergence": "divergence of next tokens",
}
WORST_FIRST = ("invalid", "fail", "inconclusive", "clear", "pass")
UNJUDGED = len(WORST_FIRST)
HEADLINES = {
    "pass": "Every proof holds.",
    "fail": "Do not promote.",
    "inconclusive": "Not enough evidence. Hold.",
    "invalid": "The evidence cannot be trusted.",
}
NEXT_STEPS = {
    "pass": "Record a decision to promote.",
    "fail": "Record a decision to reject or hold, or bring a better student.",
    "inconclusive": "Bring more evidence, then run again.",
    "invalid": "Repair the evidence, then run again.",
}
NO_GATE = "No gate has been asked about this scorecard."
REASONS_SHOWN = 2
ARROW = " → "


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the gate, verbatim, with the step it asks for cut off its end ("" when it asks for none)."""

    verdict: str
    text: str
    step: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of the policy and what became of it over all cells it looked at."""

    rule: str
    verdict: str
    limit: str
    outcome: str
    sentences: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """The verdict banner. ``verdict`` is None when no gate was asked."""

    verdict: str | None
    headline: str
    tally: str
    reasons: tuple[Said, ...]
    next_step: str
    rules: tuple[RuleLine, ...]


def severity(verdict: str | None) -> int:
    """0 for the worst verdict, higher for better ones; cells that no rule judged come last."""
    return UNJUDGED if verdict is None else WORST_FIRST.index(verdict)


def worst(verdicts: Iterable[str | None]) -> str | None:
    """The verdict that outranks the others, None when none was given."""
    return min(verdicts, key=severity, default=None)


def panel(report: Document) -> Panel:
    """The banner of a report document."""
    verdict, findings = report["verdict"], report["findings"]
    if verdict is None:
        return Panel(None, NO_GATE, "", (), "Ask a gate to get a verdict.", ())
    high_value = {cohort["cohort"] for cohort in report["cohorts"] if cohort["high_value"]}
    telling = sorted((f for f in findings if f["verdict"] == verdict), key=_worst_bound) if verdict != "pass" else []
    return Panel(
        verdict=verdict,
        headline=HEADLINES[verdict],
        tally=tally([finding["verdict"] for finding in findings], noun="check"),
        reasons=tuple(said(finding) for finding in telling[:REASONS_SHOWN]),
        next_step=_next_step(verdict, [said(finding).step for finding in telling]),
        rules=_rule_lines(findings, high_value),
    )


def tally(verdicts: Sequence[str | None], *, noun: str) -> str:
    """ "24 checks: 1 fail, 12 inconclusive, 11 pass"."""
    counts = [f"{verdicts.count(word):,} {word}" for word in WORST_FIRST if word in verdicts]
    return f"{figures.plural(len(verdicts), noun)}: {', '.join(counts)}" if counts else ""


def said(finding: Document) -> Said:
    """The gate's own sentence, its "→ step" apart."""
    text, _, step = finding["sentence"].partition(ARROW)
    return Said(finding["verdict"], text, step)


def _next_step(verdict: str, steps: Iterable[str]) -> str:
    """What the sentences ask for, each once; a fail asks for a decision, not for more rows."""
    asked = [step for step in dict.fromkeys(steps) if step]
    if verdict == "fail" or not asked:
        return NEXT_STEPS[verdict]
    listed = ", ".join([asked[0], *(step[0].lower() + step[1:] for step in asked[1:])])
    return f"{listed}; then run again."


def _rule_lines(findings: Sequence[Document], high_value: set[str]) -> tuple[RuleLine, ...]:
    by_rule: dict[str, list[Document]] = {}
    for finding in findings:
        by_rule.setdefault(finding["rule"], []).append(finding)
    lines = [_rule_line(rule, found, high_value) for rule, found in by_rule.items()]
    # sorted() is stable: inside one verdict the rules keep the order of the policy.
    return tuple(sorted(lines, key=lambda line: severity(line.verdict)))


def _rule_line(rule: str, findings: Sequence[Document], high_value: set[str]) -> RuleLine:
    ordered = sorted(findings, key=lambda finding: (severity(finding["verdict"]), _worst_bound(finding)))
    return RuleLine(
        rule=rule,
        verdict=ordered[0]["verdict"],
        limit=f"{_limit(ordered[0])} {_scope({f['cohort'] for f in findings}, high_value)}",
        outcome=_outcome(ordered),
        sentences=tuple(said(finding) for finding in ordered),
    )


def _limit(finding: Document) -> str:
    verb = "prove" if finding["kind"] == "prove" else "guard"
    figure, at_most = finding["figure"], finding["at_most"]
    if figure == "score":
        margin = finding["margin_pp"]
        return f"{verb} loss" if margin is None else f"{verb} loss ≤ {margin:.1f} pp"
    name = FIGURES[figure]
    if at_most is None:
        return f"{verb} {name}"
    shown = figures.percent(at_most, digits=1) if figure == "missing" else f"{at_most:g}"
    return f"{verb} {name} ≤ {shown}{' nats' if figure == 'divergence' else ''}"


def _scope(cohorts: set[str], high_value: set[str]) -> str:
    if cohorts == {"*"}:
        return "on all traffic"
    if len(cohorts) == 1:
        return f"in {next(iter(cohorts))}"
    return f"in {len(cohorts)} high-value cohorts" if cohorts <= high_value else f"in each of {len(cohorts)} cohorts"


def _outcome(ordered: Sequence[Document]) -> str:
    first = ordered[0]
    if len(ordered) == 1:
        return _figure(first)
    alike = [finding for finding in ordered if finding["verdict"] == first["verdict"]]
    counted = f"{len(alike)} of {len(ordered)} {first['verdict']}"
    if first["verdict"] in ("fail", "invalid"):
        return f"{counted}: {_place(first)}"
    rows = max((finding["rows_to_decide"] or 0 for finding in alike), default=0)
    if first["verdict"] == "inconclusive" and rows:
        return f"{counted}, the largest needs ≈ {rows:,} rows"
    return counted


def _figure(finding: Document) -> str:
    if finding["figure"] == "score":
        ends = "" if finding["interval_pp"] is None else f" {figures.interval(finding['interval_pp'])}"
        return _place(finding) if finding["delta_pp"] is None else f"{figures.signed(finding['delta_pp'])} pp{ends}"
    if finding["value"] is None:
        return "unknown"
    if finding["figure"] == "missing":
        return figures.percent(finding["value"], digits=1)
    least = "≥ " if finding["figure"] == "divergence" else ""  # a lower bound, and never said without its sign
    ends = "" if finding["interval"] is None else f" {figures.ratio_interval(finding['interval'])}"
    return f"{least}{figures.ratio(finding['value'])}{ends}"


def _place(finding: Document) -> str:
    cohort = ALL_TRAFFIC if finding["cohort"] == "*" else finding["cohort"]
    return f"{cohort} · {finding['evaluator']}" if finding["evaluator"] else cohort


def _worst_bound(finding: Document) -> float:
    """The lower end of a score's interval; what has none comes after all that have."""
    interval = finding["interval_pp"]
    return float("inf") if interval is None else float(interval[0])
