"""Does one cohort differ from the others? A look, never a verdict (statistics.md, F16)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtr

from apps.kernel.statistics.bounded import Moments


@dataclass(frozen=True, slots=True)
class Contrast:
    """``delta``: the cohort's difference less that of all others (−2 to 2). ``p``: two-sided, against no difference."""

    delta: float
    p: float


def against_rest(cohorts: Sequence[tuple[float, Moments]]) -> list[Contrast | None]:
    """Each cohort against the weighted rest, in the order given; None where the rest has no weight.

    ``cohorts``: weight (0 or more, any sum) and phantom moments of each, taken as independent. Every cohort brings its
    phantoms, which pull small ones towards no difference. Degrees of freedom by Welch and Satterthwaite.
    """
    found: list[Contrast | None] = []
    for place, (_, own) in enumerate(cohorts):
        rest = [part for other, part in enumerate(cohorts) if other != place and part[0] > 0]
        total = math.fsum(weight for weight, _ in rest)
        if not total > 0:
            found.append(None)
            continue
        parts = [(1.0, own), *((weight / total, moments) for weight, moments in rest)]
        variances = [weight**2 * moments.spread**2 for weight, moments in parts]
        variance = math.fsum(variances)
        freedom = variance**2 / math.fsum(v**2 / m.freedom for v, (_, m) in zip(variances, parts, strict=True))
        shrunken = own.shrunken - math.fsum(weight * moments.shrunken for weight, moments in parts[1:])
        delta = own.delta - math.fsum(weight * moments.delta for weight, moments in parts[1:])
        found.append(Contrast(delta, 2 * float(stdtr(freedom, -abs(shrunken) / math.sqrt(variance)))))
    return found
