from __future__ import annotations

from apps.kernel.policy import TEMPLATES, parse
from tests.kernel.cards import guard, policy, prove


def test_a_document_parses_back_to_the_same_policy() -> None:
    made = policy(
        prove(0.03, unit="relative", evaluators=["a"]),
        guard(0.01, "each_cohort", evaluators="secondary"),
        {"kind": "prove", "figure": "cost_ratio", "at_most": 0.5, "scope": "high_value"},
        {"kind": "guard", "figure": "latency_ratio", "at_most": 1.2, "quantile": 0.5},
        {"kind": "guard", "figure": "missing", "at_most": 0.02, "evaluators": "primary"},
        alpha=0.1,
    )
    assert parse(made.document()) == made
    assert parse(made.document()).digest == made.digest


def test_the_level_belongs_to_alpha() -> None:
    assert (policy(prove(0.03)).level, policy(prove(0.03), alpha=0.025).level) == (0.9, 0.95)


def test_a_changed_margin_changes_the_digest() -> None:
    assert policy(prove(0.03)).digest != policy(prove(0.02)).digest


def test_a_policy_of_guards_is_warned_about() -> None:
    assert policy(guard(0.03)).warnings == ("nothing_must_be_shown",)
    assert policy(guard(0.03), prove(0.03)).warnings == ()
    assert all(parse(template).warnings == () for template in TEMPLATES.values())
