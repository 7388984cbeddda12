"""What every evaluator takes and gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from apps.kernel.chat import Message
from apps.kernel.errors import InvalidInput
from apps.kernel.text import storable

DETAIL_LENGTH = 500
# What adding and dividing floats may cost a score that is meant to be 0 or 1.
SLACK = 1e-6


class SettingsInvalid(InvalidInput):
    """An evaluator's settings cannot be used."""

    code = "evaluator_settings_invalid"
    title = "The evaluator's settings cannot be used"


@dataclass(frozen=True, slots=True)
class Case:
    """One output to score: the example it answers, the text, and the fields recorded beside it."""

    example: Mapping[str, object]
    output: str | None
    recorded: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A score between 0 and 1, or missing (``value`` None) with the code of the reason.

    ``detail`` may quote a model: it is kept storable and at most 500 characters long.
    """

    value: float | None
    reason: str | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", storable(self.detail[:DETAIL_LENGTH]))


class Evaluator(Protocol):
    """Common to both kinds. ``version`` changes whenever the same case could score differently."""

    kind: str
    version: str

    def needs(self, settings: Mapping[str, object]) -> tuple[str, ...]:
        """The example columns that must have a value."""

    def validate(self, settings: Mapping[str, object]) -> None:
        """Raise SettingsInvalid with a sentence for settings that cannot work."""


class CodeEvaluator(Evaluator, Protocol):
    """Scores by itself."""

    def score(self, case: Case, settings: Mapping[str, object]) -> Outcome: ...


class JudgeEvaluator(Evaluator, Protocol):
    """Asks a model: what to ask, and how to read what it says."""

    def before_asking(self, case: Case, settings: Mapping[str, object]) -> Outcome | None:
        """The outcome where no judge is needed (an empty output scores 0), else None."""

    def ask(self, case: Case, settings: Mapping[str, object], *, tag: str) -> tuple[Message, ...]:
        """The messages for the judge; ``tag`` is fresh for each call and fences what the judged model wrote."""

    def read(self, text: str, settings: Mapping[str, object]) -> Outcome: ...


def as_share(value: float) -> float | str:
    """A number as a score: clipped within 1e-6 of [0, 1], else why not (``not_finite``, ``out_of_range``)."""
    try:
        share = float(value)
    except OverflowError:
        # An integer of more than 308 digits, which JSON may spell.
        return "out_of_range"
    if not math.isfinite(share):
        return "not_finite"
    if not -SLACK <= share <= 1 + SLACK:
        return "out_of_range"
    return min(1.0, max(0.0, share))


def lookup(fields: Mapping[str, object], path: str) -> object:
    """The value under a dotted path (``human.groundedness``), or under that very name where a table has such a column.

    None where a step is missing.
    """
    if path in fields:
        return fields[path]
    found: object = fields
    for step in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found


def is_path(value: object) -> bool:
    """Is this a dotted path, without empty steps?"""
    return isinstance(value, str) and all(step.strip() for step in value.split("."))


def refuse_unknown(settings: Mapping[str, object], known: frozenset[str]) -> None:
    unknown = sorted(set(settings) - known)
    if unknown:
        raise SettingsInvalid(
            f"'{unknown[0][:80]}' is no setting here; known: {', '.join(sorted(known)) or 'none'}.",
            where={"field": unknown[0][:80]},
        )
