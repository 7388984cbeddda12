"""Whether flips between two sets of verdicts on the same answers fall one way: McNemar's test, exactly."""

from __future__ import annotations

import math

from apps.kernel.statistics.interval import EvidenceUnusable


def mcnemar_exact(one_way: int, other_way: int) -> float:
    """Two-sided p-value: given the flips, each way is as likely as the other (McNemar 1947, binomial form).

    Twice the smaller tail of Binomial(flips, ½), at most 1; 1 without a flip. Raises EvidenceUnusable ``counts``.
    """
    if one_way < 0 or other_way < 0:
        raise EvidenceUnusable("Flips are counted from 0.", code="counts")
    flips = one_way + other_way
    # Whole numbers until the last step, so that no sum of small chances is rounded.
    tail = sum(math.comb(flips, count) for count in range(min(one_way, other_way) + 1))
    return float(min(1.0, 2 * tail / 2**flips)) if flips else 1.0
