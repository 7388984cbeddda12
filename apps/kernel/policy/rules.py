"""The policy value and its rules."""

from __future__ import annotations

from dataclasses import dataclass

from apps.kernel import digest
from apps.kernel.policy.figures import (
    SHAPES,
    DivergenceMeasure,
    Figure,
    Kind,
    Measure,
    Names,
    Reading,
    Scope,
    Unit,
    Until,
)

MAX_AGE_DAYS = 30.0
"""Days after which a card is out of date where the policy does not say (statistics.md §4.12)."""
MAX_CONTAMINATED = 0.01
"""Share of rows that a student's training corpus may hold where the policy does not say (statistics.md §3, R11)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy.

    ``prove`` passes only when the limit is shown to hold; ``guard`` is clear unless it is shown to be broken.
    ``limit`` is the margin of a score rule (a fraction: of the 0–1 scale for ``pp``, of the teacher's score for
    ``relative``), the loss beyond that of the other cohorts for ``excess_loss``, or what a ratio, a share, a latency
    (ms) or a divergence (nats a token, or bits a byte by its ``measure``) may be at most; of a judge rule what its
    ``measure``, and of a pass rate what the share of passed rows is at least. ``evaluators`` is a selection word or a
    tuple of names. A score rule with ``judge`` "corrected" is answered by the judge's scores freed of their known
    error, "raw" by the scores as they are.
    ``until`` says which moment ends a latency. ``fail_above`` is the share of missing answers of the student that
    fails; None where no share does.
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
    measure: Measure | DivergenceMeasure = "alpha"
    until: Until = "answer"
    fail_above: float | None = None

    def document(self) -> dict[str, object]:
        """The JSON value of the rule. A field that came later is left out where it says nothing but the default."""
        shape = SHAPES[self.figure]
        written: dict[str, object] = {"id": self.id, "kind": self.kind, "figure": self.figure, "scope": self.scope}
        if "evaluators" in shape.fields:
            written["evaluators"] = self.evaluators if isinstance(self.evaluators, str) else list(self.evaluators)
        written[shape.limit] = self.limit
        for name, field in shape.fields.items():
            value = getattr(self, name)
            if isinstance(field, Names) or (field.came_later and value == field.default):
                continue
            written[name] = value
        return written


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
