"""The policy value and its rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.kernel import digest

Kind = Literal["prove", "guard"]
Figure = Literal["score", "cost_ratio", "latency_ratio", "missing", "divergence", "excess_loss", "judge"]
Scope = Literal["global", "high_value", "other_cohorts", "each_cohort"]
Unit = Literal["pp", "relative"]
Reading = Literal["raw", "corrected"]
Measure = Literal["alpha", "ac1", "kappa", "sensitivity", "specificity", "agreement", "bits_per_byte"]
BITS_PER_BYTE: Literal["bits_per_byte"] = "bits_per_byte"
"""The measure of a divergence rule that reads whole texts; any other reads nats a token of shared prefixes."""

MAX_AGE_DAYS = 30.0
"""Days after which a card is out of date where the policy does not say (statistics.md §4.12)."""
MAX_CONTAMINATED = 0.01
"""Share of rows that a student's training corpus may hold where the policy does not say (statistics.md §3, R11)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy.

    ``prove`` passes only when the limit is shown to hold; ``guard`` is clear unless it is shown to be broken.
    ``limit`` is the margin of a score rule (a fraction: of the 0–1 scale for ``pp``, of the teacher's score for
    ``relative``), the loss beyond that of the other cohorts for ``excess_loss``, or what a ratio, a share or a
    divergence (nats a token, or bits a byte by its ``measure``) may be at most; of a judge rule, what its ``measure``
    is at least. ``evaluators`` is a selection word or a tuple of names. A score rule with ``judge`` "corrected" is
    answered by the judge's scores freed of their known error, "raw" by the scores as they are.
    """

    id: str
    kind: Kind
    figure: Figure
    scope: Scope
    limit: float
    evaluators: str | tuple[str, ...] = "primary"
    unit: Unit = "pp"
    quantile: float = 0.99
    judge: Reading = "raw"
    measure: Measure = "alpha"

    def document(self) -> dict[str, object]:
        shared: dict[str, object] = {"id": self.id, "kind": self.kind, "figure": self.figure, "scope": self.scope}
        names = self.evaluators if isinstance(self.evaluators, str) else list(self.evaluators)
        if self.figure == "score":
            # Spelled only when it is not the default, so that policies saved before it keep their digest.
            reading = {} if self.judge == "raw" else {"judge": self.judge}
            return {**shared, "evaluators": names, "margin": self.limit, "unit": self.unit, **reading}
        if self.figure == "excess_loss":
            return {**shared, "evaluators": names, "margin": self.limit}
        if self.figure == "judge":
            return {**shared, "evaluators": names, "measure": self.measure, "at_least": self.limit}
        if self.figure == "missing":
            return {**shared, "evaluators": names, "at_most": self.limit}
        if self.figure == "divergence":
            by_bytes = {"measure": self.measure} if self.measure == BITS_PER_BYTE else {}
            return {**shared, "at_most": self.limit, **by_bytes}
        if self.figure == "latency_ratio":
            return {**shared, "at_most": self.limit, "quantile": self.quantile}
        return {**shared, "at_most": self.limit}


@dataclass(frozen=True, slots=True)
class Policy:
    """A named set of rules; ``alpha`` is the one-sided error of every proof, above 0 and at most 0.25.

    ``max_age_days`` and ``max_contaminated`` (a share) are None where the document does not name them.
    """

    name: str
    alpha: float
    rules: tuple[Rule, ...]
    description: str = ""
    max_age_days: float | None = None
    max_contaminated: float | None = None

    @property
    def age_days(self) -> float:
        """The oldest card that may be judged, in days."""
        return MAX_AGE_DAYS if self.max_age_days is None else self.max_age_days

    @property
    def contaminated_share(self) -> float:
        """The largest share of rows that may also stand in the student's training corpus, 0 to 1."""
        return MAX_CONTAMINATED if self.max_contaminated is None else self.max_contaminated

    @property
    def level(self) -> float:
        """The two-sided level at which intervals are drawn, so that picture and one-sided verdict agree."""
        return round(1 - 2 * self.alpha, 12)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of what is allowed but probably not meant."""
        proves = any(rule.kind == "prove" and rule.figure != "judge" for rule in self.rules)
        return () if proves else ("nothing_must_be_shown",)

    def document(self) -> dict[str, object]:
        """The JSON value of the policy; parsing it gives the same policy."""
        optional = {"max_age_days": self.max_age_days, "max_contaminated": self.max_contaminated}
        return {
            "name": self.name,
            "description": self.description,
            "alpha": self.alpha,
            "rules": [rule.document() for rule in self.rules],
            # A field that was never written stays unwritten, so that older documents keep their digest.
            **{name: value for name, value in optional.items() if value is not None},
        }

    @property
    def digest(self) -> str:
        return digest.of(self.document())
