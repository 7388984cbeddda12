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
        {"kind": "guard", "figure": "missing", "at_most": 0.02, "fail_above": 0.05},
        {"kind": "prove", "figure": "latency", "at_most_ms": 800, "quantile": 0.95, "until": "first_token"},
        {"kind": "guard", "figure": "pass_rate", "at_least": 0.98, "evaluators": ["json"], "scope": "each_cohort"},
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


def test_fields_that_came_later_are_spelled_only_where_they_say_something() -> None:
    plain = policy({"kind": "guard", "figure": "missing", "at_most": 0.05}).rules[0].document()
    assert plain == {
        "id": "r0", "kind": "guard", "figure": "missing", "scope": "global", "evaluators": "all", "at_most": 0.05,
    }  # fmt: skip
    whole = policy({"kind": "guard", "figure": "latency", "at_most_ms": 2000}).rules[0].document()
    assert whole == {
        "id": "r0", "kind": "guard", "figure": "latency", "scope": "global", "at_most_ms": 2000.0, "quantile": 0.99,
    }  # fmt: skip
