from __future__ import annotations

import math
from typing import Any

import pytest

from apps.kernel.policy import TEMPLATES, Policy, PolicyRefused, Rule, parse

SCORE: dict[str, Any] = {"id": "g", "kind": "prove", "figure": "score", "scope": "global", "margin": 0.03}
COST: dict[str, Any] = {"id": "c", "kind": "prove", "figure": "cost_ratio", "at_most": 0.15}
LATENCY: dict[str, Any] = {"id": "l", "kind": "guard", "figure": "latency_ratio", "at_most": 1.5}
MISSING: dict[str, Any] = {"id": "m", "kind": "guard", "figure": "missing", "at_most": 0.05}
LIMIT: dict[str, Any] = {"id": "t", "kind": "prove", "figure": "latency", "at_most_ms": 2000}
RATE: dict[str, Any] = {"id": "j", "kind": "prove", "figure": "pass_rate", "evaluators": ["json"], "at_least": 0.98}


def of(*rules: object, **more: object) -> dict[str, object]:
    return {"name": "p", "rules": list(rules), **more}


def refusal(document: object) -> PolicyRefused:
    with pytest.raises(PolicyRefused) as refused:
        parse(document)
    return refused.value


def problems(document: object) -> list[tuple[str, object]]:
    return [(problem.code, problem.where["pointer"]) for problem in refusal(document).errors]


def test_defaults_are_filled_in() -> None:
    assert parse(of(SCORE, COST, LATENCY, MISSING, LIMIT, RATE)) == Policy(
        name="p",
        alpha=0.05,
        rules=(
            Rule("g", "prove", "score", "global", 0.03, "primary", "pp"),
            Rule("c", "prove", "cost_ratio", "global", 0.15),
            Rule("l", "guard", "latency_ratio", "global", 1.5, quantile=0.99),
            Rule("m", "guard", "missing", "global", 0.05, "all"),
            Rule("t", "prove", "latency", "global", 2000.0, quantile=0.99, until="answer"),
            Rule("j", "prove", "pass_rate", "global", 0.98, ("json",)),
        ),
    )


def test_named_evaluators_are_kept_once_each_in_order() -> None:
    assert parse(of({**SCORE, "evaluators": ["b", "a", "b"]})).rules[0].evaluators == ("b", "a")


def test_a_margin_given_as_percent_is_suspicious() -> None:
    refused = refusal(of({**SCORE, "margin": 3}))
    assert refused.code == "margin_suspicious"
    assert refused.detail == "3 means 300 points on a 0–1 score. Did you mean 0.03?"
    assert refused.where == {"pointer": "/rules/0/margin"}


@pytest.mark.parametrize("margin", [0, -0.01, 0.0])
def test_a_margin_must_be_positive(margin: float) -> None:
    assert problems(of({**SCORE, "margin": margin})) == [("margin_not_positive", "/rules/0/margin")]


@pytest.mark.parametrize("margin", [None, "0.03", True, math.nan, math.inf, 10**400, [0.03]])
def test_a_margin_must_be_a_number(margin: object) -> None:
    assert problems(of({**SCORE, "margin": margin})) == [("not_a_number", "/rules/0/margin")]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({**SCORE, "kind": "maybe"}, ("not_a_choice", "/rules/0/kind")),
        ({**SCORE, "scope": "some"}, ("not_a_choice", "/rules/0/scope")),
        ({**SCORE, "unit": "%"}, ("not_a_choice", "/rules/0/unit")),
        ({**SCORE, "evaluators": []}, ("not_a_choice", "/rules/0/evaluators")),
        ({**SCORE, "evaluators": ["a", 1]}, ("not_a_choice", "/rules/0/evaluators")),
        ({**SCORE, "evaluators": "tertiary"}, ("not_a_choice", "/rules/0/evaluators")),
        ({**SCORE, "figure": "speed"}, ("not_a_choice", "/rules/0/figure")),
        ({**SCORE, "figure": ["score"]}, ("not_a_choice", "/rules/0/figure")),
        ({**SCORE, "at_most": 1}, ("unknown_field", "/rules/0/at_most")),
        ({**SCORE, "id": " "}, ("text_missing", "/rules/0/id")),
        ({**SCORE, "id": "x" * 101}, ("text_missing", "/rules/0/id")),
        ({**COST, "at_most": 0}, ("at_most_not_positive", "/rules/0/at_most")),
        ({**COST, "evaluators": "all"}, ("unknown_field", "/rules/0/evaluators")),
        ({**LATENCY, "quantile": 99}, ("quantile_out_of_range", "/rules/0/quantile")),
        ({**LATENCY, "quantile": "p99"}, ("not_a_number", "/rules/0/quantile")),
        ({**MISSING, "at_most": 5}, ("at_most_out_of_range", "/rules/0/at_most")),
        ({**MISSING, "fail_above": 0.04}, ("fail_above_out_of_range", "/rules/0/fail_above")),
        ({**MISSING, "fail_above": 1}, ("fail_above_out_of_range", "/rules/0/fail_above")),
        ({**MISSING, "fail_above": None}, ("not_a_number", "/rules/0/fail_above")),
        ({**LIMIT, "at_most_ms": 0}, ("at_most_ms_not_positive", "/rules/0/at_most_ms")),
        ({**LIMIT, "at_most_ms": "2 s"}, ("not_a_number", "/rules/0/at_most_ms")),
        ({**LIMIT, "at_most": 2}, ("unknown_field", "/rules/0/at_most")),
        ({**LIMIT, "quantile": 1}, ("quantile_out_of_range", "/rules/0/quantile")),
        ({**LIMIT, "until": "byte"}, ("not_a_choice", "/rules/0/until")),
        ({**LIMIT, "evaluators": "all"}, ("unknown_field", "/rules/0/evaluators")),
        ({**RATE, "at_least": 1}, ("at_least_out_of_range", "/rules/0/at_least")),
        ({**RATE, "at_least": 98}, ("at_least_out_of_range", "/rules/0/at_least")),
        ({**RATE, "evaluators": []}, ("not_a_choice", "/rules/0/evaluators")),
        ({**RATE, "quantile": 0.9}, ("unknown_field", "/rules/0/quantile")),
        ({**MISSING, "kind": "prove"}, ("kind_not_possible", "/rules/0/kind")),
        ("global", ("not_a_choice", "/rules/0/figure")),
    ],
)
def test_a_bad_rule_is_pointed_at(rule: object, expected: tuple[str, str]) -> None:
    assert problems(of(rule)) == [expected]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], [("policy_not_object", "")]),
        (None, [("policy_not_object", "")]),
        (of(), [("rules_missing", "/rules")]),
        ({"name": "p", "rules": "all"}, [("rules_missing", "/rules")]),
        (of(*[SCORE] * 101), [("rules_missing", "/rules")]),
        (of(SCORE, alpha=0), [("alpha_out_of_range", "/alpha")]),
        (of(SCORE, alpha=0.3), [("alpha_out_of_range", "/alpha")]),
        (of(SCORE, alpha="5 %"), [("not_a_number", "/alpha")]),
        (of(SCORE, description=3), [("not_text", "/description")]),
        (of(SCORE, SCORE), [("duplicate_rule", "/rules/1/id")]),
        (of(SCORE, levels=1), [("unknown_field", "/levels")]),
        (of(SCORE, **{"a/b~c": 1}), [("unknown_field", "/a~1b~0c")]),
        ({"rules": [SCORE]}, [("text_missing", "/name")]),
    ],
)
def test_a_bad_policy_is_pointed_at(document: object, expected: list[tuple[str, str]]) -> None:
    assert problems(document) == expected


def test_all_problems_come_at_once() -> None:
    document = of({**SCORE, "margin": 3}, {**COST, "at_most": -1, "kind": "hope"}, alpha=2)
    assert problems(document) == [
        ("alpha_out_of_range", "/alpha"),
        ("margin_suspicious", "/rules/0/margin"),
        ("not_a_choice", "/rules/1/kind"),
        ("at_most_not_positive", "/rules/1/at_most"),
    ]


def test_input_is_quoted_shortly() -> None:
    refused = refusal(of(SCORE, **{"x" * 500: 1}))
    assert len(str(refused.errors[0].where["pointer"])) == 81
    assert "x" * 81 not in refused.detail


def test_corrected_scores_are_asked_for_by_name_and_spelled_only_then() -> None:
    rule = {"id": "g", "kind": "prove", "figure": "score", "margin": 0.03}
    raw, corrected = (parse({"name": "p", "rules": [{**rule, "judge": word}]}) for word in ("raw", "corrected"))
    assert raw.digest == parse({"name": "p", "rules": [rule]}).digest
    assert corrected.rules[0].judge == "corrected"
    assert corrected.document()["rules"][0]["judge"] == "corrected"
    assert parse(corrected.document()) == corrected
    with pytest.raises(PolicyRefused) as refused:
        parse({"name": "p", "rules": [{**rule, "judge": "adjusted"}]})
    assert [(problem.code, problem.where["pointer"]) for problem in refused.value.errors] == [
        ("not_a_choice", "/rules/0/judge")
    ]


def test_a_judge_rule_has_a_measure_and_a_floor() -> None:
    parsed = parse({"name": "p", "rules": [{"id": "j", "kind": "guard", "figure": "judge", "at_least": 0.67}]})
    assert parsed.rules[0].document() == {
        "id": "j",
        "kind": "guard",
        "figure": "judge",
        "scope": "global",
        "evaluators": "primary",
        "measure": "alpha",
        "at_least": 0.67,
    }
    assert parse(parsed.document()) == parsed


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"at_least": 0}, "at_least_out_of_range", "/rules/0/at_least"),
        ({"at_least": 1.5}, "at_least_out_of_range", "/rules/0/at_least"),
        ({"at_least": None}, "not_a_number", "/rules/0/at_least"),
        ({"measure": "f1"}, "not_a_choice", "/rules/0/measure"),
        ({"scope": "each_cohort"}, "not_a_choice", "/rules/0/scope"),
        ({"margin": 0.1}, "unknown_field", "/rules/0/margin"),
    ],
)
def test_what_a_judge_rule_cannot_be(change: dict[str, object], code: str, pointer: str) -> None:
    rule = {"id": "j", "kind": "guard", "figure": "judge", "at_least": 0.67, **change}
    with pytest.raises(PolicyRefused) as refused:
        parse({"name": "p", "rules": [rule]})
    assert (refused.value.code, refused.value.where["pointer"]) == (code, pointer)


def test_a_policy_of_before_keeps_its_digest() -> None:
    assert parse(TEMPLATES["release"]).digest == (
        "sha256:18da6a19beb3d976b8c7c81be8cd3ee185c9a5f88be9b1ed1900799521be1c52"
    )


def test_a_divergence_is_read_by_next_tokens_unless_whole_answers_are_asked_for() -> None:
    rule = {"id": "kl", "kind": "guard", "figure": "divergence", "at_most": 0.5}
    usual, named, whole = (
        parse(of({**rule, **more})) for more in ({}, {"measure": "nats_per_token"}, {"measure": "bits_per_byte"})
    )
    assert usual == named
    assert usual.digest == named.digest
    assert "measure" not in usual.document()["rules"][0]  # type: ignore[index]
    assert whole.rules[0].measure == "bits_per_byte"
    assert whole.document()["rules"][0]["measure"] == "bits_per_byte"  # type: ignore[index]
    assert parse(whole.document()) == whole


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"measure": "alpha"}, "not_a_choice", "/rules/0/measure"),
        ({"kind": "prove", "measure": "bits_per_byte"}, "kind_not_possible", "/rules/0/kind"),
        ({"at_most": 0, "measure": "bits_per_byte"}, "at_most_not_positive", "/rules/0/at_most"),
    ],
)
def test_what_a_divergence_rule_cannot_be(change: dict[str, object], code: str, pointer: str) -> None:
    rule = {"id": "kl", "kind": "guard", "figure": "divergence", "at_most": 0.5, **change}
    assert problems(of(rule)) == [(code, pointer)]
