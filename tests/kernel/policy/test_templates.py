from __future__ import annotations

from apps.kernel.policy import TEMPLATES, parse


def said(name: str) -> set[tuple[object, ...]]:
    return {
        (rule.kind, rule.figure, rule.scope, rule.limit, *([rule.evaluators] if rule.figure == "score" else []))
        for rule in parse(TEMPLATES[name]).rules
    }


RELEASE = {
    ("prove", "score", "global", 0.03, "primary"),
    ("prove", "score", "high_value", 0.01, "primary"),
    ("prove", "cost_ratio", "global", 0.15),
    ("guard", "score", "other_cohorts", 0.03, "primary"),
    ("guard", "score", "global", 0.03, "secondary"),
    ("guard", "score", "each_cohort", 0.03, "secondary"),
    ("guard", "latency_ratio", "global", 1.5),
    ("guard", "missing", "global", 0.05),
}


def test_release_proves_loss_and_cost_and_guards_the_rest() -> None:
    assert said("release") == RELEASE
    assert parse(TEMPLATES["release"]).alpha == 0.05


def test_strict_proves_every_cohort_at_half_the_error() -> None:
    cohorts = ("guard", "score", "other_cohorts", 0.03, "primary")
    assert said("strict") == RELEASE - {cohorts} | {("prove", *cohorts[1:])}
    assert parse(TEMPLATES["strict"]).alpha == 0.025


def test_collect_evidence_drops_cost_and_latency_and_says_so() -> None:
    assert said("collect-evidence") == {rule for rule in RELEASE if rule[1] not in ("cost_ratio", "latency_ratio")}
    description = parse(TEMPLATES["collect-evidence"]).description
    assert "without the cost rule and without the latency rule" in description
