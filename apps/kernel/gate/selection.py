"""Which cohorts and cells of a card a rule asks about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from apps.kernel.gate.finding import Finding
from apps.kernel.policy import Policy, Rule
from apps.kernel.policy.figures import Figure
from apps.kernel.scorecard import GLOBAL, Cell, Scorecard
from apps.kernel.sentences import scores


@dataclass(frozen=True, slots=True)
class Asked:
    """One place a rule looks at. ``cell`` is None when the card has nothing there, and the rule cannot be answered."""

    cohort: str
    evaluator: str | None
    cell: Cell | None


def cohorts_asked(card: Scorecard, rule: Rule) -> tuple[str, ...]:
    """The cohort names of the rule's scope, ``"*"`` for a global rule; empty when the card has none of them."""
    if rule.scope == "global":
        return (GLOBAL,)
    return tuple(
        cohort.name
        for cohort in card.cohorts
        if rule.scope == "each_cohort" or cohort.high_value == (rule.scope == "high_value")
    )


def by_cohort(card: Scorecard, rule: Rule, finding_of: Callable[[str], Finding]) -> list[Finding]:
    """One finding per cohort of the scope; where high-value cohorts are asked for in vain, one that says so."""
    cohorts = cohorts_asked(card, rule)
    if not cohorts and rule.scope == "high_value":
        sentence = scores.absent(GLOBAL, None, scope=rule.scope)
        return [replace(Finding.opened(rule, GLOBAL), reason="evidence_missing", sentence=sentence)]
    return [finding_of(cohort) for cohort in cohorts]


def cells_asked(card: Scorecard, rule: Rule) -> tuple[Asked, ...]:
    """The cells of a score rule.

    Evaluators named one by one must be there for every cohort of the scope. A selection word ("primary") takes what
    applies to the cohort, since not every evaluator fits every task; a proof still needs at least one. A high-value
    rule on a card without high-value cohorts is asked in vain; an empty scope of other cohorts asks nothing.
    """
    cohorts = cohorts_asked(card, rule)
    if not cohorts:
        return (Asked(GLOBAL, None, None),) if rule.scope == "high_value" else ()
    names = evaluators_asked(card, rule)
    asked: list[Asked] = []
    for cohort in cohorts:
        found = [Asked(cohort, name, card.cell(cohort, name)) for name in names]
        if isinstance(rule.evaluators, str):
            found = [place for place in found if place.cell is not None]
            if not found and rule.kind == "prove":
                found = [Asked(cohort, None, None)]
        asked.extend(found)
    return tuple(asked)


def places_asked(card: Scorecard, policy: Policy, figure: Figure) -> Iterator[tuple[Rule, Asked]]:
    """Every rule about the figure, with each cell it asks about."""
    return ((rule, asked) for rule in policy.rules if rule.figure == figure for asked in cells_asked(card, rule))


def evaluators_asked(card: Scorecard, rule: Rule) -> tuple[str, ...]:
    """The evaluator names of a rule, whether or not the card knows them when they are named one by one."""
    if not isinstance(rule.evaluators, str):
        return rule.evaluators
    if rule.evaluators == "all":
        return tuple(evaluator.name for evaluator in card.evaluators)
    return tuple(e.name for e in card.evaluators if e.primary == (rule.evaluators == "primary"))
