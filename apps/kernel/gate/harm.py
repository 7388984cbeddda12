"""Claims with p-values: the harm of all of them shares one Holm step, and each has one verdict (§4.3, §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.kernel.gate import grouped
from apps.kernel.gate.finding import FindingVerdict
from apps.kernel.policy import Rule
from apps.kernel.scorecard import Cell
from apps.kernel.scorecard.cell import NOT_FINITE
from apps.kernel.statistics.multiplicity import holm


class Claim(Protocol):
    """A rule at one place, with its p-values over what is known, and with the missing counted the unkind way.

    ``blocked`` is the reason why it has none.
    """

    @property
    def rule(self) -> Rule: ...
    @property
    def blocked(self) -> str | None: ...
    @property
    def p_pass(self) -> float: ...
    @property
    def p_pass_unkind(self) -> float: ...
    @property
    def p_fail(self) -> float: ...
    @property
    def p_fail_unkind(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Harm:
    """Whether harm is shown over what is known, and whether it stays so with the missing counted as kindly as can be.

    Both after Holm's step over the gate.
    """

    shown: bool = False
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """What every claim of one gate shares; ``claims`` counts those with a p-value."""

    alpha: float
    level: float
    unseen: int
    claims: int


def harm_of(claims: Sequence[Claim], alpha: float) -> list[Harm]:
    """One answer a claim, in the same order; a blocked claim shows none and costs the others nothing."""
    tested = [claim for claim in claims if claim.blocked is None]
    shown = iter(holm([claim.p_fail for claim in tested]))
    sure = iter(holm([claim.p_fail_unkind for claim in tested]))
    return [Harm() if claim.blocked else Harm(next(shown) <= alpha, next(sure) <= alpha) for claim in claims]


def verdict_of(claim: Claim, harm: Harm, alpha: float) -> tuple[FindingVerdict, str | None]:
    """Blocked, then shown harm, then proof, then the guard's all-clear: the first that applies (§8)."""
    if claim.blocked:
        return "inconclusive", claim.blocked
    if harm.sure:
        return "fail", None
    if harm.shown:
        return "inconclusive", "missing"
    if claim.rule.kind == "guard":
        return "clear", None
    if claim.p_pass_unkind <= alpha:
        return "pass", None
    return "inconclusive", "missing" if claim.p_pass <= alpha else "insufficient"


def unusable(cell: Cell | None) -> str | None:
    """Why the scores of a cell cannot be judged at all, None where they can."""
    if cell is None:
        return "evidence_missing"
    if cell.missing.reasons.get(NOT_FINITE):
        return "not_finite"
    if cell.unweighable:
        return "weights"
    if not cell.n:
        return "missing" if cell.missing.pairs else "no_rows"
    return "few_clusters" if grouped.has_few_clusters(cell) else None
