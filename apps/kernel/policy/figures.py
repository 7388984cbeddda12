"""What a rule may look at: every figure once, with its limit, its further fields, and where it can be asked.

A new figure is one entry here and one in the gate; parsing, spelling and the schema of the interface follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

Kind = Literal["prove", "guard"]
Figure = Literal[
    "score",
    "cost_ratio",
    "latency_ratio",
    "latency",
    "pass_rate",
    "missing",
    "divergence",
    "excess_loss",
    "judge",
]
Scope = Literal["global", "high_value", "other_cohorts", "each_cohort"]
Unit = Literal["pp", "relative"]
Reading = Literal["raw", "corrected"]
Measure = Literal["alpha", "ac1", "kappa", "sensitivity", "specificity", "agreement"]
BITS_PER_BYTE: Literal["bits_per_byte"] = "bits_per_byte"
"""The measure of a divergence rule that reads whole answers; without one it reads nats a token of shared prefixes."""
DivergenceMeasure = Literal["nats_per_token", "bits_per_byte"]
Until = Literal["answer", "first_token"]

KINDS: tuple[str, ...] = get_args(Kind)
SCOPES: tuple[str, ...] = get_args(Scope)
MEASURES: tuple[str, ...] = get_args(Measure)
DIVERGENCES: tuple[str, ...] = get_args(DivergenceMeasure)
SELECTIONS = ("primary", "secondary", "all")


class Refusal(NamedTuple):
    """The code of a value that cannot stand, and a sentence that says which can."""

    code: str
    said: str


Check = Callable[[float], Refusal | None]


@dataclass(frozen=True, slots=True)
class Word:
    """A field that takes one of a few words. One that came later is spelled only where it is not the default, so that

    policies saved before it keep their digest.
    """

    choices: tuple[str, ...]
    default: str
    came_later: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A field that takes a number; None as the default of one that may be left out."""

    check: Check
    default: float | None
    came_later: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """A field that takes a selection word or a list of evaluator names."""

    default: str


Field = Word | Number | Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One figure. ``limit`` is the name of its limit's field; ``example`` is a rule of it without an id, to start from.

    ``guards_only`` says why it cannot be proved, ``scope_refused`` why it cannot be asked outside ``scopes``.
    """

    limit: str
    check: Check
    example: Mapping[str, object]
    fields: Mapping[str, Field] = field(default_factory=dict)
    guards_only: str = ""
    scopes: tuple[str, ...] = SCOPES
    scope_refused: Refusal | None = None

    @property
    def names(self) -> frozenset[str]:
        """The fields of a rule of this figure beside those that every rule has."""
        return frozenset({self.limit, *self.fields})


def _margin(value: float) -> Refusal | None:
    if value <= 0:
        return Refusal("margin_not_positive", "The margin must be above 0: 0.03 allows a loss of 3 pp.")
    if value >= 1:
        meant = f" Did you mean {value / 100:g}?" if value < 100 else ""
        said = f"{value:g} means {value * 100:g} points on a 0–1 score.{meant}"
        return Refusal("margin_suspicious", said)
    return None


def _excess(value: float) -> Refusal | None:
    said = "A margin beyond the others' loss lies in 0 to 1: 1 pp is 0.01."
    return None if 0 <= value < 1 else Refusal("margin_out_of_range", said)


def _agreement(value: float) -> Refusal | None:
    said = "Agreement to ask for lies between 0 and 1, such as 0.67."
    return None if 0 < value < 1 else Refusal("at_least_out_of_range", said)


def _pass_rate(value: float) -> Refusal | None:
    said = "A pass rate to ask for lies between 0 and 1: 98 % is 0.98. All of them, 1, no number of rows can show."
    return None if 0 < value < 1 else Refusal("at_least_out_of_range", said)


def _missing(value: float) -> Refusal | None:
    said = "A share of missing answers lies in 0 to 1: 5 % is 0.05."
    return None if 0 <= value < 1 else Refusal("at_most_out_of_range", said)


def _fail_above(value: float) -> Refusal | None:
    said = "A share of missing answers that fails lies in 0 to 1, at or above at_most: 5 % is 0.05."
    return None if 0 <= value < 1 else Refusal("fail_above_out_of_range", said)


def _positive(value: float) -> Refusal | None:
    said = "The limit of a ratio or a divergence must be above 0."
    return None if value > 0 else Refusal("at_most_not_positive", said)


def _milliseconds(value: float) -> Refusal | None:
    said = "The limit of a latency must be above 0 ms: two seconds are 2000."
    return None if value > 0 else Refusal("at_most_ms_not_positive", said)


def _quantile(value: float) -> Refusal | None:
    said = "quantile must lie between 0 and 1: p99 is 0.99."
    return None if 0 < value < 1 else Refusal("quantile_out_of_range", said)


EVALUATORS = Names("primary")
QUANTILE = Number(_quantile, 0.99)

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "score": Shape(
            limit="margin",
            check=_margin,
            fields={
                "evaluators": EVALUATORS,
                "unit": Word(get_args(Unit), "pp"),
                "judge": Word(get_args(Reading), "raw", came_later=True),
            },
            example={"kind": "prove", "scope": "global", "evaluators": "primary", "margin": 0.03},
        ),
        "cost_ratio": Shape(
            limit="at_most", check=_positive, example={"kind": "prove", "scope": "global", "at_most": 0.15}
        ),
        "latency_ratio": Shape(
            limit="at_most",
            check=_positive,
            fields={"quantile": QUANTILE},
            example={"kind": "guard", "scope": "global", "at_most": 1.5, "quantile": 0.99},
        ),
        "latency": Shape(
            limit="at_most_ms",
            check=_milliseconds,
            fields={"quantile": QUANTILE, "until": Word(get_args(Until), "answer", came_later=True)},
            example={"kind": "guard", "scope": "global", "at_most_ms": 3000, "quantile": 0.95},
        ),
        "pass_rate": Shape(
            limit="at_least",
            check=_pass_rate,
            fields={"evaluators": EVALUATORS},
            example={"kind": "prove", "scope": "global", "evaluators": ["json"], "at_least": 0.98},
        ),
        "missing": Shape(
            limit="at_most",
            check=_missing,
            fields={"evaluators": Names("all"), "fail_above": Number(_fail_above, None, came_later=True)},
            guards_only="Missing answers are counted, not proved: use guard.",
            example={"kind": "guard", "scope": "global", "evaluators": "all", "at_most": 0.02, "fail_above": 0.05},
        ),
        "excess_loss": Shape(
            limit="margin",
            check=_excess,
            fields={"evaluators": EVALUATORS},
            guards_only="A loss beyond the others' is looked at, not proved: use guard.",
            scopes=("high_value", "other_cohorts", "each_cohort"),
            scope_refused=Refusal("scope_not_possible", "All cohorts together have no others to be compared with."),
            example={"kind": "guard", "scope": "each_cohort", "evaluators": "primary", "margin": 0.01},
        ),
        "judge": Shape(
            limit="at_least",
            check=_agreement,
            fields={"evaluators": EVALUATORS, "measure": Word(MEASURES, "alpha")},
            scopes=("global",),
            scope_refused=Refusal("not_a_choice", "A judge is judged over all its labels: scope is global."),
            example={"kind": "guard", "evaluators": "primary", "measure": "alpha", "at_least": 0.67},
        ),
        "divergence": Shape(
            limit="at_most",
            check=_positive,
            fields={"measure": Word(DIVERGENCES, "nats_per_token", came_later=True)},
            guards_only="Only a lower bound of a divergence is known, which proves nothing: use guard.",
            example={"kind": "guard", "scope": "global", "at_most": 0.5},
        ),
    }
)
