"""S-18: bounds of a divergence from two top-k lists, against the divergence of the whole distributions."""

from __future__ import annotations

import numpy as np

from apps.kernel.statistics.top_k import TopK, bounds
from simulations.result import Result, draws, generator
from simulations.shapes import Floats

FULL_PAIRS = 800
VOCABULARY, SMALL_VOCABULARY = 32_000, 50
LISTED = (1, 5, 20)
ROUNDING = 1e-9


def bounds_of_lists(scale: float, seed: int) -> Result:
    """No bound lies beyond the truth, of divergence or of variation; whole lists give the truth itself."""
    dice, violation, apart, naive, told, pairs = generator(seed, 18), 0.0, 0.0, 0, [], draws(FULL_PAIRS, scale)
    for _ in range(pairs):
        p, q = _pair(dice, VOCABULARY)
        truth, variation = float(np.sum(p * np.log(p / q))), float(np.sum(np.abs(p - q)) / 2)
        for k in LISTED:
            teacher, student = _top(p, k), _top(q, k)
            found = bounds(teacher, student)
            told.append(found.kl_low_nats / truth)
            excess = max(found.kl_low_nats - truth, found.tv_low - variation, variation - found.tv_high)
            violation = max(violation, excess)
            naive += _common(teacher, student) < 0
        p, q = _pair(dice, SMALL_VOCABULARY)
        whole = bounds(_top(p, SMALL_VOCABULARY), _top(q, SMALL_VOCABULARY))
        apart = max(apart, abs(whole.kl_low_nats - float(np.sum(p * np.log(p / q)))))
    detail = (
        f"over {pairs * len(LISTED)} pairs of lists of {VOCABULARY:,} tokens; the bound tells "
        f"{np.median(told):.0%} of the divergence (median); whole lists of {SMALL_VOCABULARY} tokens are off by "
        f"{apart:.1e} nats; the sum over common tokens is negative in {naive / pairs / len(LISTED):.0%}"
    )
    holds = violation <= ROUNDING and apart <= 1e-6
    return Result("S-18", "divergence bounds beyond the truth", violation, ROUNDING, holds, detail)


def _pair(dice: np.random.Generator, vocabulary: int) -> tuple[Floats, Floats]:
    """Two related distributions, from nearly certain to flat."""
    logits = dice.normal(size=vocabulary) * dice.uniform(1.0, 6.0)
    other = logits + dice.normal(size=vocabulary) * dice.uniform(0.1, 2.0)
    return _softmax(logits), _softmax(other)


def _softmax(logits: Floats) -> Floats:
    weights = np.exp(logits - logits.max())
    found: Floats = weights / weights.sum()
    return found


def _top(shares: Floats, k: int) -> TopK:
    tokens = np.argsort(-shares)[:k]
    return TopK([int(token) for token in tokens], [float(np.log(shares[token])) for token in tokens])


def _common(teacher: TopK, student: TopK) -> float:
    """What is often printed instead: the sum over the tokens that both lists hold."""
    other = dict(zip(student.tokens, student.logprobs, strict=True))
    pairs = zip(teacher.tokens, teacher.logprobs, strict=True)
    return float(sum(np.exp(logp) * (logp - other[token]) for token, logp in pairs if token in other))
