"""Rules of a policy in words: what each figure asks, what its fields mean, and what one rule of it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

from apps.console import figures
from apps.kernel.policy import SHAPES, Rule
from apps.kernel.policy.figures import BITS_PER_BYTE
from apps.kernel.sentences.evidence import percentile
from apps.kernel.sentences.judges import MEASURES
from apps.kernel.sentences.latencies import ENDINGS

SCOPES = {
    "global": "all traffic",
    "high_value": "each high-value cohort",
    "other_cohorts": "every other cohort",
    "each_cohort": "each cohort",
}
WHICH = "the evaluators' names, or primary, secondary, all"
QUANTILE = "0.95 for p95: 95 of 100 answers must be in time"


@dataclass(frozen=True, slots=True)
class Words:
    """``name`` of a figure, the question it ``asks``, and each of its fields in words."""

    name: str
    asks: str
    fields: Mapping[str, str]


FIGURES: Mapping[str, Words] = {
    "score": Words(
        "Loss of quality",
        "How far may the student score below its teacher on the same rows?",
        {
            "margin": "the largest loss, 0.03 for 3 points of 100",
            "evaluators": WHICH,
            "unit": "pp for points of the 0–1 scale, relative for a share of the teacher's score",
            "judge": "corrected asks for scores freed of the judge's error by labels, raw for the scores as they are",
        },
    ),
    "pass_rate": Words(
        "Pass rate",
        "On which share of the rows must the student pass a check, such as valid JSON, whatever its teacher does?",
        {
            "at_least": "the smallest share, 0.98 for 98 %",
            "evaluators": f"checks that pass or fail: {WHICH}",
        },
    ),
    "latency": Words(
        "Latency in milliseconds",
        "How long may the student take? An answer that ran into its deadline counts as slower than any limit.",
        {
            "at_most_ms": "the longest time, 2000 for two seconds",
            "quantile": QUANTILE,
            "until": "answer for the whole answer, first_token for its first token",
        },
    ),
    "latency_ratio": Words(
        "Latency against the teacher",
        "How many times as long as its teacher may the student take?",
        {"at_most": "the largest ratio, 1.5 for half as long again", "quantile": QUANTILE},
    ),
    "cost_ratio": Words(
        "Cost against the teacher",
        "Which part of its teacher's cost may the student cost?",
        {"at_most": "the largest ratio, 0.15 for fifteen cents a dollar"},
    ),
    "missing": Words(
        "Missing answers",
        "How many answers or scores may be missing, in each of the two models?",
        {
            "at_most": "above this share the rule says inconclusive, 0.02 for 2 %",
            "fail_above": "above this share of the student's own it fails, 0.05 for 5 %; left out, nothing fails",
            "evaluators": WHICH,
        },
    ),
    "excess_loss": Words(
        "Loss beyond the other cohorts'",
        "Which cohort lost more than the others did? Told, and never a verdict.",
        {"margin": "how much more, 0.01 for one point", "evaluators": WHICH},
    ),
    "judge": Words(
        "The judge itself",
        "How well must the judge agree with people's labels?",
        {
            "at_least": "the least agreement, 0.67 at a usual floor",
            "measure": ", ".join(MEASURES),
            "evaluators": WHICH,
        },
    ),
    "divergence": Words(
        "Divergence",
        "How unlike its teacher may the student write? It can fail and never prove.",
        {
            "at_most": "the largest divergence in nats a token or bits a byte, such as 0.5",
            "measure": "nats_per_token for next tokens; bits_per_byte for whole answers, which the run has to measure",
        },
    ),
}


def offered() -> list[SimpleNamespace]:
    """Every figure a rule can ask for: its words, and its fields in words, the limit first."""
    rows = []
    for figure, words in FIGURES.items():
        shape = SHAPES[figure]
        kinds = "guard" if shape.guards_only else "prove or guard"
        rows.append(SimpleNamespace(figure=figure, name=words.name, asks=words.asks, kinds=kinds, fields=words.fields))
    return rows


def of(rule: Rule) -> SimpleNamespace:
    """A rule in words: what is looked at, where, and how much is allowed."""
    looks_at, limit = _said(rule)
    return SimpleNamespace(id=rule.id, kind=rule.kind, looks_at=looks_at, scope=SCOPES[rule.scope], limit=limit)


def _said(rule: Rule) -> tuple[str, str]:
    evaluators = rule.evaluators if isinstance(rule.evaluators, str) else ", ".join(rule.evaluators)
    at = percentile(rule.quantile)
    return {
        "score": (f"{_corrected(rule)}loss on {evaluators} evaluators", _margin(rule)),
        "cost_ratio": ("cost ratio", f"≤ {figures.ratio(rule.limit)}"),
        "latency_ratio": (f"{at} latency ratio", f"≤ {figures.ratio(rule.limit)}"),
        "latency": (f"the student's {at} {ENDINGS[rule.until]}", f"≤ {figures.milliseconds(rule.limit)} ms"),
        "pass_rate": (f"rows the student passes on {evaluators} evaluators", f"≥ {100 * rule.limit:g} %"),
        "divergence": _divergence(rule),
        "missing": (f"missing answers of {evaluators} evaluators", _missing(rule)),
        "excess_loss": (f"loss beyond the other cohorts' on {evaluators} evaluators", f"{_margin(rule)}, only told"),
        "judge": (f"{MEASURES.get(rule.measure, rule.measure)} of {evaluators} evaluators", f"≥ {rule.limit:g}"),
    }[rule.figure]


def _corrected(rule: Rule) -> str:
    return "corrected " if rule.judge == "corrected" else ""


def _divergence(rule: Rule) -> tuple[str, str]:
    if rule.measure == BITS_PER_BYTE:
        return "divergence of whole answers", f"≤ {rule.limit:g} bits a byte"
    return "divergence of next tokens", f"≤ {rule.limit:g} nats"


def _margin(rule: Rule) -> str:
    share = 100 * rule.limit
    return f"≤ {share:.1f} pp" if rule.unit == "pp" else f"≤ {share:.1f} % of the teacher's score"


def _missing(rule: Rule) -> str:
    limit = f"≤ {figures.percent(rule.limit, digits=1)}"
    return limit if rule.fail_above is None else f"{limit}, fails above {figures.percent(rule.fail_above, digits=1)}"
