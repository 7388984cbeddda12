"""Policy documents to policies: every problem of a document is reported at once, with a pointer to its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from apps.kernel.errors import InvalidInput, Problem
from apps.kernel.policy.rules import BITS_PER_BYTE, Policy, Rule

MAX_RULES = 100
MAX_ALPHA = 0.25
MAX_NAME = 100

KINDS = ("prove", "guard")
SCOPES = ("global", "high_value", "other_cohorts", "each_cohort")
UNITS = ("pp", "relative")
READINGS = ("raw", "corrected")
MEASURES = ("alpha", "ac1", "kappa", "sensitivity", "specificity", "agreement")
# How a divergence is read; the first, nats a token, is what a rule without a measure asks for, and is left unwritten.
DIVERGENCES = ("nats_per_token", BITS_PER_BYTE)
SELECTIONS = ("primary", "secondary", "all")
FIELDS_OF: Mapping[str, frozenset[str]] = {
    "score": frozenset({"evaluators", "margin", "unit", "judge"}),
    "cost_ratio": frozenset({"at_most"}),
    "latency_ratio": frozenset({"at_most", "quantile"}),
    "missing": frozenset({"evaluators", "at_most"}),
    "excess_loss": frozenset({"evaluators", "margin"}),
    "judge": frozenset({"evaluators", "measure", "at_least"}),
    "divergence": frozenset({"at_most", "measure"}),
}
LIMIT_FIELDS: Mapping[str, str] = {"score": "margin", "excess_loss": "margin", "judge": "at_least"}
RULE_FIELDS = frozenset({"id", "kind", "figure", "scope"})
POLICY_FIELDS = frozenset({"name", "description", "alpha", "rules", "max_age_days", "max_contaminated"})
LONGEST_AGE_DAYS = 3650
LARGEST_CONTAMINATED = 0.05
GUARDS_ONLY = {
    "missing": "Missing answers are counted, not proved: use guard.",
    "excess_loss": "A loss beyond the others' is looked at, not proved: use guard.",
    "divergence": "Only a lower bound of a divergence is known, which proves nothing: use guard.",
}


class PolicyRefused(InvalidInput):
    """The policy document breaks one or more rules; ``errors`` lists each with a JSON pointer."""

    code = "policy_invalid"
    title = "The policy cannot be accepted"


class _Problems:
    """Collects what is wrong while reading goes on, so that one answer names all of it."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, code: str, detail: str, pointer: str) -> None:
        self.found.append(Problem(code, detail, {"pointer": pointer}))


def parse(document: object) -> Policy:
    """Read a policy document. Raises PolicyRefused with every problem found; its code is that of the first one."""
    problems = _Problems()
    policy = _policy(document, problems)
    if problems.found:
        first = problems.found[0]
        raise PolicyRefused(first.detail, code=first.code, where=first.where, errors=problems.found)
    return policy


def _policy(document: object, problems: _Problems) -> Policy:
    if not isinstance(document, Mapping):
        problems.add("policy_not_object", "A policy is a JSON object with name, alpha and rules.", "")
        return Policy("", 0.05, ())
    _unknown(document, POLICY_FIELDS, "", problems)
    description = document.get("description", "")
    if not isinstance(description, str):
        problems.add("not_text", "The description must be text.", "/description")
    alpha = _number(document.get("alpha", 0.05), "/alpha", problems)
    if alpha is not None and not 0 < alpha <= MAX_ALPHA:
        problems.add("alpha_out_of_range", f"alpha must lie above 0 and be at most {MAX_ALPHA}.", "/alpha")
    rules = document.get("rules")
    if not isinstance(rules, Sequence) or isinstance(rules, str) or not 1 <= len(rules) <= MAX_RULES:
        problems.add("rules_missing", f"A policy needs a list of 1 to {MAX_RULES} rules.", "/rules")
        rules = ()
    read = [_rule(rule, f"/rules/{number}", problems) for number, rule in enumerate(rules)]
    _twice([rule.id for rule in read], problems)
    name = _text(document.get("name"), "/name", problems)
    age, share = _freshness(document, problems)
    return Policy(name, alpha or 0.05, tuple(read), str(description), age, share)


def _freshness(document: Mapping[str, object], problems: _Problems) -> tuple[float | None, float | None]:
    """The fields that say which evidence is too old or too contaminated; None for each that is not there."""
    age = share = None
    if "max_age_days" in document:
        age = _number(document["max_age_days"], "/max_age_days", problems)
        if age is not None and not 0 < age <= LONGEST_AGE_DAYS:
            said = f"A card is too old after more than 0 and at most {LONGEST_AGE_DAYS:,} days."
            problems.add("max_age_out_of_range", said, "/max_age_days")
    if "max_contaminated" in document:
        share = _number(document["max_contaminated"], "/max_contaminated", problems)
        if share is not None and not 0 <= share <= LARGEST_CONTAMINATED:
            said = f"A share of contaminated rows lies in 0 to {LARGEST_CONTAMINATED:g}: 1 % is 0.01."
            problems.add("max_contaminated_out_of_range", said, "/max_contaminated")
    return age, share


def _rule(document: object, pointer: str, problems: _Problems) -> Rule:
    figure = document.get("figure") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(figure, str) or figure not in FIELDS_OF:
        problems.add("not_a_choice", f"figure must be one of {', '.join(FIELDS_OF)}.", f"{pointer}/figure")
        return Rule("", "guard", "score", "global", 0.0)
    _unknown(document, RULE_FIELDS | FIELDS_OF[figure], pointer, problems)
    kind = _choice(document.get("kind"), KINDS, f"{pointer}/kind", problems)
    if figure in GUARDS_ONLY and kind == "prove":
        problems.add("kind_not_possible", GUARDS_ONLY[figure], f"{pointer}/kind")
    if figure == "excess_loss" and document.get("scope", "global") == "global":
        problems.add(
            "scope_not_possible", "All cohorts together have no others to be compared with.", f"{pointer}/scope"
        )
    if figure == "judge" and document.get("scope", "global") != "global":
        problems.add("not_a_choice", "A judge is judged over all its labels: scope is global.", f"{pointer}/scope")
    limit_field = LIMIT_FIELDS.get(figure, "at_most")
    limit = _number(document.get(limit_field), f"{pointer}/{limit_field}", problems)
    if limit is not None:
        _limit(figure, limit, f"{pointer}/{limit_field}", problems)
    quantile = _number(document.get("quantile", 0.99), f"{pointer}/quantile", problems)
    if quantile is not None and not 0 < quantile < 1:
        problems.add("quantile_out_of_range", "quantile must lie between 0 and 1: p99 is 0.99.", f"{pointer}/quantile")
    return Rule(
        id=_text(document.get("id"), f"{pointer}/id", problems),
        kind=cast(Any, kind),
        figure=cast(Any, figure),
        scope=cast(Any, _choice(document.get("scope", "global"), SCOPES, f"{pointer}/scope", problems)),
        limit=limit or 0.0,
        evaluators=_evaluators(document, figure, f"{pointer}/evaluators", problems),
        unit=cast(Any, _choice(document.get("unit", "pp"), UNITS, f"{pointer}/unit", problems)),
        quantile=quantile or 0.99,
        judge=cast(Any, _choice(document.get("judge", "raw"), READINGS, f"{pointer}/judge", problems)),
        measure=cast(Any, _measure(document, figure, f"{pointer}/measure", problems)),
    )


def _measure(document: Mapping[str, object], figure: str, pointer: str, problems: _Problems) -> str:
    if figure != "divergence":
        return _choice(document.get("measure", "alpha"), MEASURES, pointer, problems)
    asked = _choice(document.get("measure", DIVERGENCES[0]), DIVERGENCES, pointer, problems)
    return asked if asked == BITS_PER_BYTE else MEASURES[0]


def _limit(figure: str, limit: float, pointer: str, problems: _Problems) -> None:
    if figure == "score":
        if limit <= 0:
            problems.add("margin_not_positive", "The margin must be above 0: 0.03 allows a loss of 3 pp.", pointer)
        if limit >= 1:
            meant = f" Did you mean {limit / 100:g}?" if limit < 100 else ""
            said = f"{limit:g} means {limit * 100:g} points on a 0–1 score.{meant}"
            problems.add("margin_suspicious", said, pointer)
    elif figure == "excess_loss":
        if not 0 <= limit < 1:
            problems.add(
                "margin_out_of_range", "A margin beyond the others' loss lies in 0 to 1: 1 pp is 0.01.", pointer
            )
    elif figure == "judge":
        if not 0 < limit < 1:
            problems.add("at_least_out_of_range", "Agreement to ask for lies between 0 and 1, such as 0.67.", pointer)
    elif figure == "missing":
        if not 0 <= limit < 1:
            problems.add("at_most_out_of_range", "A share of missing answers lies in 0 to 1: 5 % is 0.05.", pointer)
    elif limit <= 0:
        problems.add("at_most_not_positive", "The limit of a ratio or a divergence must be above 0.", pointer)


def _evaluators(
    document: Mapping[str, object], figure: str, pointer: str, problems: _Problems
) -> str | tuple[str, ...]:
    value = document.get("evaluators", "all" if figure == "missing" else "primary")
    if isinstance(value, str) and value in SELECTIONS:
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(name, str) and name for name in value):
        names = tuple(dict.fromkeys(value))
        return cast(tuple[str, ...], names)
    problems.add("not_a_choice", f"evaluators must be one of {', '.join(SELECTIONS)}, or a list of names.", pointer)
    return "primary"


def _unknown(document: Mapping[str, object], known: frozenset[str], pointer: str, problems: _Problems) -> None:
    for field in document:
        if field not in known:
            names = ", ".join(sorted(known))
            # RFC 6901 spells ~ and / inside a pointer's step as ~0 and ~1.
            step = str(field)[:80].replace("~", "~0").replace("/", "~1")
            problems.add("unknown_field", f"{str(field)[:80]!r} is not one of {names}.", f"{pointer}/{step}")


def _choice(value: object, choices: Sequence[str], pointer: str, problems: _Problems) -> str:
    if isinstance(value, str) and value in choices:
        return value
    problems.add("not_a_choice", f"Must be one of {', '.join(choices)}.", pointer)
    return choices[0]


def _text(value: object, pointer: str, problems: _Problems) -> str:
    if isinstance(value, str) and value.strip() and len(value) <= MAX_NAME:
        return value
    problems.add("text_missing", f"Must be text of 1 to {MAX_NAME} characters.", pointer)
    return ""


def _number(value: object, pointer: str, problems: _Problems) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9 and math.isfinite(value):
        return float(value)
    problems.add("not_a_number", "Must be a number.", pointer)
    return None


def _twice(ids: Sequence[str], problems: _Problems) -> None:
    for number, name in enumerate(ids):
        if name and name in ids[:number]:
            problems.add("duplicate_rule", f"The rule id {name[:80]!r} is used twice.", f"/rules/{number}/id")
