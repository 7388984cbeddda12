"""What is wrong with a policy document: collected while reading goes on, so that one answer names all of it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import cast

from apps.kernel.errors import InvalidInput, Problem
from apps.kernel.policy.figures import SELECTIONS, Refusal

MAX_NAME = 100
LARGEST_NUMBER = 1e9


class PolicyRefused(InvalidInput):
    """The policy document breaks one or more rules; ``errors`` lists each with a JSON pointer."""

    code = "policy_invalid"
    title = "The policy cannot be accepted"


class Problems:
    """The problems of one document. Each reader gives what is there, or something harmless and adds a problem."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, code: str, detail: str, pointer: str) -> None:
        self.found.append(Problem(code, detail, {"pointer": pointer}))

    def refuse(self, refusal: Refusal | None, pointer: str) -> None:
        """Add the refusal, if there is one."""
        if refusal is not None:
            self.add(*refusal, pointer)

    def unknown(self, document: Mapping[str, object], known: Collection[str], pointer: str) -> None:
        for field in document:
            if field not in known:
                names = ", ".join(sorted(known))
                # RFC 6901 spells ~ and / inside a pointer's step as ~0 and ~1.
                step = str(field)[:80].replace("~", "~0").replace("/", "~1")
                self.add("unknown_field", f"{str(field)[:80]!r} is not one of {names}.", f"{pointer}/{step}")

    def choice(self, value: object, choices: Sequence[str], pointer: str) -> str:
        if isinstance(value, str) and value in choices:
            return value
        self.add("not_a_choice", f"Must be one of {', '.join(choices)}.", pointer)
        return choices[0]

    def text(self, value: object, pointer: str) -> str:
        if isinstance(value, str) and value.strip() and len(value) <= MAX_NAME:
            return value
        self.add("text_missing", f"Must be text of 1 to {MAX_NAME} characters.", pointer)
        return ""

    def number(self, value: object, pointer: str) -> float | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and abs(cast(float, value)) < LARGEST_NUMBER and math.isfinite(cast(float, value)):
            return float(cast(float, value))
        self.add("not_a_number", "Must be a number.", pointer)
        return None

    def evaluators(self, value: object, pointer: str) -> str | tuple[str, ...]:
        if isinstance(value, str) and value in SELECTIONS:
            return value
        if isinstance(value, list | tuple) and value and all(isinstance(name, str) and name for name in value):
            return cast(tuple[str, ...], tuple(dict.fromkeys(value)))
        said = f"evaluators must be one of {', '.join(SELECTIONS)}, or a list of names."
        self.add("not_a_choice", said, pointer)
        return SELECTIONS[0]
