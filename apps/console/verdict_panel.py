"""What the top of a scorecard says: the verdict, why, what next, and one line a rule. Pure, from the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.console import figures
from apps.kernel.sentences.latencies import ENDINGS

Document = Mapping[str, Any]
Place = tuple[str, str, str | None]

ALL_TRAFFIC = "All traffic"
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
FIGURE_NAMES = {
    "cost_ratio": "cost ratio",
    "latency_ratio": "latency ratio",
    "missing": "missing answers",
    "divergence": "divergence of next tokens",
    "evidence": "that this is evidence",
    "policy": "a proof",
}
NO_GATE = "No gate has been asked about this scorecard."
REASONS_SHOWN = 2
# Reasons for which no rows on this card would help: it is not judged as it stands.
NOT_JUDGED = frozenset(
    {"stale", "teacher_changed", "judge_changed", "evaluator_changed", "price_changed", "contaminated"}
)
NOT_JUDGED_HEADLINE = "The evidence is not what it was. Hold."
RUN_AGAIN = "Run again"
ARROW = " → "


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the gate, verbatim, with the step it asks for cut off its end ("" when it asks for none).

    ``collect`` is what would decide it, in words: rows, price and time.
    """

    verdict: str
    text: str
    step: str
    collect: str = ""


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
    lacking = {_place_of(line): collecting(line) for line in report.get("to_collect", ())}
    telling = sorted((f for f in findings if f["verdict"] == verdict), key=_worst_bound) if verdict != "pass" else []
    # One thing that changed stops many rules in the same words; it is said once.
    reasons = tuple(dict.fromkeys(said(finding, lacking) for finding in telling))
    not_judged = verdict == "inconclusive" and any(finding["reason"] in NOT_JUDGED for finding in telling)
    return Panel(
        verdict=verdict,
        headline=NOT_JUDGED_HEADLINE if not_judged else HEADLINES[verdict],
        tally=tally([finding["verdict"] for finding in findings], noun="check"),
        reasons=reasons[:REASONS_SHOWN],
        next_step=_next_step(verdict, [said(finding).step for finding in telling]),
        rules=_rule_lines(findings, high_value, lacking),
    )


def tally(verdicts: Sequence[str | None], *, noun: str) -> str:
    """ "24 checks: 1 fail, 12 inconclusive, 11 pass"."""
    counts = [f"{verdicts.count(word):,} {word}" for word in WORST_FIRST if word in verdicts]
    return f"{figures.plural(len(verdicts), noun)}: {', '.join(counts)}" if counts else ""


def said(finding: Document, lacking: Mapping[Place, str] | None = None) -> Said:
    """The gate's own sentence, its "→ step" apart."""
    text, _, step = finding["sentence"].partition(ARROW)
    return Said(finding["verdict"], text, step, (lacking or {}).get(_place_of(finding), ""))


def collecting(line: Document) -> str:
    """ "284 rows more, ≈ $0.31, ≈ 9 min": without what the card cannot tell, "" when there is nothing to collect."""
    if not line["rows_missing"]:
        return ""
    parts = [f"{figures.plural(line['rows_missing'], 'row')} more"]
    if line["usd"]:
        parts.append(figures.about_usd(line["usd"]))
    if line["minutes"]:
        parts.append(f"≈ {figures.duration(60 * line['minutes'])}")
    return ", ".join(parts)


def _place_of(line: Document) -> Place:
    return line["rule"], line["cohort"], line["evaluator"]


def _next_step(verdict: str, steps: Iterable[str]) -> str:
    """What the sentences ask for, each once; a fail asks for a decision, not for more rows."""
    asked = [step for step in dict.fromkeys(steps) if step]
    if verdict == "fail" or not asked:
        return NEXT_STEPS[verdict]
    asked = [step for step in asked if step != RUN_AGAIN]
    if not asked:
        return f"{RUN_AGAIN}."
    listed = ", ".join([asked[0], *(step[0].lower() + step[1:] for step in asked[1:])])
    return f"{listed}; then run again."


def _rule_lines(
    findings: Sequence[Document], high_value: set[str], lacking: Mapping[Place, str]
) -> tuple[RuleLine, ...]:
    by_rule: dict[str, list[Document]] = {}
    for finding in findings:
        by_rule.setdefault(finding["rule"], []).append(finding)
    lines = [_rule_line(rule, found, high_value, lacking) for rule, found in by_rule.items()]
    # sorted() is stable: inside one verdict the rules keep the order of the policy.
    return tuple(sorted(lines, key=lambda line: severity(line.verdict)))


def _rule_line(rule: str, findings: Sequence[Document], high_value: set[str], lacking: Mapping[Place, str]) -> RuleLine:
    ordered = sorted(findings, key=lambda finding: (severity(finding["verdict"]), _worst_bound(finding)))
    return RuleLine(
        rule=rule,
        verdict=ordered[0]["verdict"],
        limit=f"{_limit(ordered[0])} {_scope({f['cohort'] for f in findings}, high_value)}",
        outcome=_outcome(ordered),
        sentences=tuple(said(finding, lacking) for finding in ordered),
    )


def _limit(finding: Document) -> str:
    verb = "prove" if finding["kind"] == "prove" else "guard"
    figure, at_most = finding["figure"], finding["at_most"]
    if figure == "excess_loss":
        return f"look at loss beyond the others' > {finding['margin_pp']:.1f} pp"
    if figure == "score":
        margin, loss = finding["margin_pp"], "corrected loss" if finding.get("judge") == "corrected" else "loss"
        return f"{verb} {loss}" if margin is None else f"{verb} {loss} ≤ {margin:.1f} pp"
    if figure == "judge":
        return f"{verb} judge ≥ {finding['at_least']:g}"
    if figure == "pass_rate":
        return f"{verb} pass rate of {finding['evaluator'] or 'an evaluator'} ≥ {100 * finding['at_least']:g} %"
    if figure == "latency":
        limited = f"p{100 * finding['quantile']:g} {ENDINGS[finding['until']]}"
        return f"{verb} {limited} ≤ {figures.milliseconds(finding['at_most_ms'])} ms"
    is_by_bytes = finding.get("measure") == "bits_per_byte"
    name = "divergence of whole answers" if is_by_bytes else FIGURE_NAMES.get(figure, figure)
    if at_most is None:
        return f"{verb} {name}"
    shown = figures.percent(at_most, digits=1) if figure == "missing" else f"{at_most:g}"
    unit = (" bits a byte" if is_by_bytes else " nats") if figure == "divergence" else ""
    return f"{verb} {name} ≤ {shown}{unit}"


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
    if finding["figure"] in ("score", "excess_loss"):
        ends = "" if finding["interval_pp"] is None else f" {figures.interval(finding['interval_pp'])}"
        return _place(finding) if finding["delta_pp"] is None else f"{figures.signed(finding['delta_pp'])} pp{ends}"
    if finding["figure"] == "latency" and finding["interval_ms"] is not None:
        never = "never" if finding["value_ms"] is None else f"{figures.milliseconds(finding['value_ms'])} ms"
        return f"{never} {figures.milliseconds_interval(finding['interval_ms'])}"
    if finding["value"] is None:
        return "unknown"
    if finding["figure"] == "pass_rate":
        return f"{figures.percent(finding['value'], digits=1)} {figures.percent_interval(finding['interval'])}"
    if finding["figure"] == "missing":
        return figures.percent(finding["value"], digits=1)
    # Of next tokens a lower bound, and never said without its sign.
    least = "≥ " if finding["figure"] == "divergence" and not finding.get("measure") else ""
    ends = "" if finding["interval"] is None else f" {figures.ratio_interval(finding['interval'])}"
    return f"{least}{figures.ratio(finding['value'])}{ends}"


def _place(finding: Document) -> str:
    cohort = ALL_TRAFFIC if finding["cohort"] == "*" else finding["cohort"]
    return f"{cohort} · {finding['evaluator']}" if finding["evaluator"] else cohort


def _worst_bound(finding: Document) -> float:
    """The lower end of a score's interval; what has none comes after all that have."""
    interval = finding["interval_pp"]
    return float("inf") if interval is None else float(interval[0])
