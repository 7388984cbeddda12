"""Policy documents to policies: every problem of a document is reported at once, with a pointer to its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from apps.kernel.policy.figures import KINDS, SCOPES, SHAPES, Field, Names, Refusal, Shape, Word
from apps.kernel.policy.problems import PolicyRefused, Problems
from apps.kernel.policy.rules import Policy, Rule

MAX_RULES = 100
MAX_ALPHA = 0.25

RULE_FIELDS = frozenset({"id", "kind", "figure", "scope"})
POLICY_FIELDS = frozenset({"name", "description", "alpha", "rules", "max_age_days", "max_contaminated"})
LONGEST_AGE_DAYS = 3650
LARGEST_CONTAMINATED = 0.05


def parse(document: object) -> Policy:
    """Read a policy document. Raises PolicyRefused with every problem found; its code is that of the first one."""
    problems = Problems()
    policy = _policy(document, problems)
    if problems.found:
        first = problems.found[0]
        raise PolicyRefused(first.detail, code=first.code, where=first.where, errors=problems.found)
    return policy


def _policy(document: object, problems: Problems) -> Policy:
    if not isinstance(document, Mapping):
        problems.add("policy_not_object", "A policy is a JSON object with name, alpha and rules.", "")
        return Policy("", 0.05, ())
    problems.unknown(document, POLICY_FIELDS, "")
    description = document.get("description", "")
    if not isinstance(description, str):
        problems.add("not_text", "The description must be text.", "/description")
    alpha = problems.number(document.get("alpha", 0.05), "/alpha")
    if alpha is not None and not 0 < alpha <= MAX_ALPHA:
        problems.add("alpha_out_of_range", f"alpha must lie above 0 and be at most {MAX_ALPHA}.", "/alpha")
    rules = document.get("rules")
    if not isinstance(rules, Sequence) or isinstance(rules, str) or not 1 <= len(rules) <= MAX_RULES:
        problems.add("rules_missing", f"A policy needs a list of 1 to {MAX_RULES} rules.", "/rules")
        rules = ()
    read = [_rule(rule, f"/rules/{number}", problems) for number, rule in enumerate(rules)]
    _twice([rule.id for rule in read], problems)
    name = problems.text(document.get("name"), "/name")
    age, share = _freshness(document, problems)
    return Policy(name, alpha or 0.05, tuple(read), str(description), age, share)


def _freshness(document: Mapping[str, object], problems: Problems) -> tuple[float | None, float | None]:
    """The fields that say which evidence is too old or too contaminated; None for each that is not there."""
    age = share = None
    if "max_age_days" in document:
        age = problems.number(document["max_age_days"], "/max_age_days")
        if age is not None and not 0 < age <= LONGEST_AGE_DAYS:
            said = f"A card is too old after more than 0 and at most {LONGEST_AGE_DAYS:,} days."
            problems.add("max_age_out_of_range", said, "/max_age_days")
    if "max_contaminated" in document:
        share = problems.number(document["max_contaminated"], "/max_contaminated")
        if share is not None and not 0 <= share <= LARGEST_CONTAMINATED:
            said = f"A share of contaminated rows lies in 0 to {LARGEST_CONTAMINATED:g}: 1 % is 0.01."
            problems.add("max_contaminated_out_of_range", said, "/max_contaminated")
    return age, share


def _rule(document: object, pointer: str, problems: Problems) -> Rule:
    figure = document.get("figure") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(figure, str) or figure not in SHAPES:
        problems.add("not_a_choice", f"figure must be one of {', '.join(SHAPES)}.", f"{pointer}/figure")
        return Rule("", "guard", "score", "global", 0.0)
    shape = SHAPES[figure]
    problems.unknown(document, RULE_FIELDS | shape.names, pointer)
    kind = problems.choice(document.get("kind"), KINDS, f"{pointer}/kind")
    if shape.guards_only and kind == "prove":
        problems.add("kind_not_possible", shape.guards_only, f"{pointer}/kind")
    scope = _scope(document.get("scope", "global"), shape, f"{pointer}/scope", problems)
    limit = problems.number(document.get(shape.limit), f"{pointer}/{shape.limit}")
    if limit is not None:
        problems.refuse(shape.check(limit), f"{pointer}/{shape.limit}")
    fields = {name: _field(document, name, field, pointer, problems) for name, field in shape.fields.items()}
    fail_above = fields.get("fail_above")
    if fail_above is not None and limit is not None and cast(float, fail_above) < limit:
        below = Refusal("fail_above_out_of_range", "fail_above must not lie below at_most.")
        problems.refuse(below, f"{pointer}/fail_above")
    return Rule(
        id=problems.text(document.get("id"), f"{pointer}/id"),
        kind=cast(Any, kind),
        figure=cast(Any, figure),
        scope=cast(Any, scope),
        limit=limit or 0.0,
        **cast(Any, fields),
    )


def _scope(value: object, shape: Shape, pointer: str, problems: Problems) -> str:
    scope = problems.choice(value, SCOPES, pointer)
    if value == scope and scope not in shape.scopes:
        problems.refuse(shape.scope_refused, pointer)
    return scope


def _field(document: Mapping[str, object], name: str, field: Field, pointer: str, problems: Problems) -> object:
    """What a further field of a rule says, its default where it is not there or cannot be read."""
    value, place = document.get(name, field.default), f"{pointer}/{name}"
    if isinstance(field, Names):
        return problems.evaluators(value, place)
    if isinstance(field, Word):
        return problems.choice(value, field.choices, place)
    if name not in document:
        return field.default
    number = problems.number(value, place)
    if number is None:
        return field.default
    problems.refuse(field.check(number), place)
    return number


def _twice(ids: Sequence[str], problems: Problems) -> None:
    for number, name in enumerate(ids):
        if name and name in ids[:number]:
            problems.add("duplicate_rule", f"The rule id {name[:80]!r} is used twice.", f"/rules/{number}/id")
