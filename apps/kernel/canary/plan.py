"""What a canary watches, and what it must show before the student may have all traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, cast, get_args

from apps.kernel.errors import InvalidInput
from apps.kernel.statistics.sequential import log_needed

Figure = Literal["quality", "errors", "latency"]
LEAST_HOURS, USUAL_HOURS = 24.0, 72.0


class CanaryPlanRefused(InvalidInput):
    """What the canary should watch cannot be watched like this."""

    code = "canary_plan_refused"
    title = "A canary cannot be watched like this"


@dataclass(frozen=True, slots=True)
class Guard:
    """One figure over all traffic, or over one cohort.

    Harm is a loss beyond ``limit``, 0 to 1 of the figure's scale; ``prove_within`` (0 to 1, None: nothing to prove) is
    the loss that must be ruled out before promotion. Raises CanaryPlanRefused ``limit_out_of_range``.
    """

    figure: Figure
    cohort: str | None = None
    limit: float = 0.0
    prove_within: float | None = None

    def __post_init__(self) -> None:
        if self.figure not in get_args(Figure):
            known = ", ".join(get_args(Figure))
            raise CanaryPlanRefused(f"A canary watches {known}.", code="figure_unknown", where={"field": "figure"})
        if not 0 <= self.limit < 1 or not (self.prove_within is None or 0 < self.prove_within < 1):
            said = f"Limits of {self.name} lie between 0 and 1, such as 0.03."
            raise CanaryPlanRefused(said, code="limit_out_of_range", where={"field": "limit"})

    @property
    def name(self) -> str:
        return self.figure if self.cohort is None else f"{self.figure} of {self.cohort}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is watched, under one error ``alpha`` for the whole canary.

    ``student`` and ``policy`` say what the evidence is about: another version of either needs a new canary.
    ``least_hours``: traffic seen before promotion, so that no hour of the day is left out. Raises CanaryPlanRefused:
    ``guards_missing``, ``guards_repeated``, ``hours_out_of_range``; and EvidenceUnusable for an error outside (0, 1).
    """

    student: str
    policy: str
    guards: tuple[Guard, ...]
    alpha: float = 0.05
    least_hours: float = USUAL_HOURS

    def __post_init__(self) -> None:
        if not self.guards:
            raise CanaryPlanRefused("A canary watches at least one figure.", code="guards_missing")
        if len({(guard.figure, guard.cohort) for guard in self.guards}) < len(self.guards):
            raise CanaryPlanRefused("A figure of a cohort is watched once.", code="guards_repeated")
        if not self.least_hours >= LEAST_HOURS:
            said = f"A canary sees at least {LEAST_HOURS:g} hours of traffic before promotion."
            raise CanaryPlanRefused(said, code="hours_out_of_range", where={"field": "least_hours"})
        log_needed(self.alpha)

    @property
    def log_e_of_harm(self) -> float:
        """log(K/α): any of the K guards may raise the alarm, so each needs more."""
        return log_needed(self.alpha, watched=len(self.guards))

    @property
    def log_e_of_proof(self) -> float:
        """log(1/α): all proofs must be there at once, so none needs more."""
        return log_needed(self.alpha)

    def document(self) -> dict[str, object]:
        return {**asdict(self), "guards": [asdict(guard) for guard in self.guards]}

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Plan:
        guards = cast("list[dict[str, object]]", document["guards"])
        return cls(**{**document, "guards": tuple(Guard(**guard) for guard in guards)})  # type: ignore[arg-type]
