"""Which rows of a selection run become golden: by a rule, by cohort, by a keyed hash that anybody can repeat.

The scores that chose the rows are never evidence about them: rows "the teacher passes" hold the teacher's lucky
answers, and an identical student looks 9 to 25 points worse beside them (statistics.md §0.8). Only a fresh run counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from apps.kernel.errors import InvalidInput
from apps.kernel.sampling import SEED_LENGTH, shared_out, smallest

Rule = Literal["all", "teacher_passes"]
RULES: tuple[Rule, ...] = ("all", "teacher_passes")
MOST_ROWS = 100_000
USUAL_ROWS = (200, 500)


class RecipeRefused(InvalidInput):
    """The recipe for choosing golden rows cannot be followed."""

    code = "recipe_refused"
    title = "The rows cannot be chosen like this"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may become golden; ``passes`` is None where the evaluator gave the teacher no score."""

    key: str
    cohort: str
    passes: bool | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How rows are chosen. ``rows`` are shared out over the cohorts by traffic, then raised to ``at_least``.

    ``all`` keeps the teacher's failures, which is recommended: without them half of what can be learnt is gone.
    ``seed`` makes the choice repeatable. Raises RecipeRefused.
    """

    rows: int
    rule: Rule = "all"
    evaluator: str | None = None
    at_least: Mapping[str, int] = field(default_factory=dict)
    seed: str = "1"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise RecipeRefused(f"The rule is one of {', '.join(RULES)}.", code="rule_unknown", where={"field": "rule"})
        if not 1 <= self.rows <= MOST_ROWS:
            said = f"Choose 1 to {MOST_ROWS:,} rows; {USUAL_ROWS[0]} to {USUAL_ROWS[1]} are usual."
            raise RecipeRefused(said, code="rows_out_of_range", where={"field": "rows"})
        if (self.rule == "teacher_passes") != (self.evaluator is not None):
            said = "Name the evaluator that the teacher must pass, for the rule teacher_passes and only for it."
            raise RecipeRefused(said, code="evaluator_needed", where={"field": "evaluator"})
        if not 1 <= len(self.seed.encode()) <= SEED_LENGTH:
            said = f"A seed is text of 1 to {SEED_LENGTH} bytes."
            raise RecipeRefused(said, code="seed_invalid", where={"field": "seed"})
        if any(not 0 <= count <= MOST_ROWS for count in self.at_least.values()):
            said = f"A cohort's least number of rows lies in 0 to {MOST_ROWS:,}."
            raise RecipeRefused(said, code="rows_out_of_range", where={"field": "at_least"})

    def document(self) -> dict[str, object]:
        return {**asdict(self), "at_least": dict(sorted(self.at_least.items()))}


@dataclass(frozen=True, slots=True)
class Chosen:
    """``keys`` sorted; by cohort how many were ``taken``, ``wanted`` and refused by the rule (``left_out``)."""

    keys: tuple[str, ...]
    taken: Mapping[str, int]
    wanted: Mapping[str, int]
    left_out: Mapping[str, int]


def choose(candidates: Iterable[Candidate], recipe: Recipe, *, weights: Mapping[str, float]) -> Chosen:
    """Take from each cohort the rows with the smallest keyed hash; ``weights`` are shares of traffic summing to 1.

    Raises RecipeRefused: ``cohort_unknown`` for a least number of a cohort without weight, ``nothing_chosen``.
    """
    strangers = sorted(set(recipe.at_least) - set(weights))
    if strangers:
        raise RecipeRefused(f"There is no cohort {strangers[0][:80]!r} to draw from.", code="cohort_unknown")
    groups: dict[str, list[str]] = {name: [] for name in sorted(weights)}
    left_out = dict.fromkeys(groups, 0)
    for one in candidates:
        if recipe.rule == "all" or one.passes:
            groups[one.cohort].append(one.key)
        else:
            left_out[one.cohort] += 1
    shares = shared_out(recipe.rows, weights)
    wanted = {name: max(shares[name], recipe.at_least.get(name, 0)) for name in groups}
    taken = {name: smallest(keys, wanted[name], seed=recipe.seed) for name, keys in groups.items()}
    keys = sorted(key for chosen in taken.values() for key in chosen)
    if not keys:
        raise RecipeRefused("No row fits the rule; nothing was frozen.", code="nothing_chosen")
    return Chosen(tuple(keys), {name: len(chosen) for name, chosen in taken.items()}, wanted, left_out)


def notes(chosen: Chosen, *, high_value: Sequence[str]) -> list[tuple[str, str]]:
    """What to know about the choice, as (code, sentence)."""
    told = []
    total = len(chosen.keys)
    if total < USUAL_ROWS[0]:
        told.append(("few_rows", f"{total:,} rows were frozen; {USUAL_ROWS[0]} to {USUAL_ROWS[1]} are usual."))
    for name, wanted in chosen.wanted.items():
        taken = chosen.taken[name]
        if taken < wanted:
            valued = " (high value)" if name in high_value else ""
            told.append(("cohort_short", f"{name}{valued}: {wanted:,} rows were wanted, {taken:,} fit the rule."))
    return told
