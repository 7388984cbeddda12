"""The policy value and its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.kernel import digest

Kind = Literal["prove", "guard"]
Figure = Literal["score", "cost_ratio", "latency_ratio", "missing", "divergence"]
Scope = Literal["global", "high_value", "other_cohorts", "each_cohort"]
Unit = Literal["pp", "relative"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy.

    ``prove`` passes only when the limit is shown to hold; ``guard`` is clear unless it is shown to be broken.
    ``limit`` is the margin of a score rule (a fraction: of the 0–1 scale for ``pp``, of the teacher's score for
    ``relative``), or what a ratio, a share or a divergence (nats a token) may be at most. ``evaluators`` is a selection
    word or a tuple of names.
    """

    id: str
    kind: Kind
    figure: Figure
    scope: Scope
    limit: float
    evaluators: str | tuple[str, ...] = "primary"
    unit: Unit = "pp"
    quantile: float = 0.99

    def document(self) -> dict[str, object]:
        shared: dict[str, object] = {"id": self.id, "kind": self.kind, "figure": self.figure, "scope": self.scope}
        names = self.evaluators if isinstance(self.evaluators, str) else list(self.evaluators)
        if self.figure == "score":
            return {**shared, "evaluators": names, "margin": self.limit, "unit": self.unit}
        if self.figure == "missing":
            return {**shared, "evaluators": names, "at_most": self.limit}
        if self.figure == "latency_ratio":
            return {**shared, "at_most": self.limit, "quantile": self.quantile}
        return {**shared, "at_most": self.limit}


@dataclass(frozen=True, slots=True)
class Policy:
    """A named set of rules; ``alpha`` is the one-sided error of every proof, above 0 and at most 0.25."""

    name: str
    alpha: float
    rules: tuple[Rule, ...]
    description: str = ""

    @property
    def level(self) -> float:
        """The two-sided level at which intervals are drawn, so that picture and one-sided verdict agree."""
        return round(1 - 2 * self.alpha, 12)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of what is allowed but probably not meant."""
        return () if any(rule.kind == "prove" for rule in self.rules) else ("nothing_must_be_shown",)

    def document(self) -> dict[str, object]:
        """The JSON value of the policy; parsing it gives the same policy."""
        return {
            "name": self.name,
            "description": self.description,
            "alpha": self.alpha,
            "rules": [rule.document() for rule in self.rules],
        }

    @property
    def digest(self) -> str:
        return digest.of(self.document())
