"""Watching without peeking: evidence against a limit that may be looked at after every block (statistics.md §4.10).

One bets against "the mean difference is at most the limit". Under it no bet pays on average, so E, which is 1 at the
start, reaches 1/α with a chance of at most α, however long and often one looks (Ville 1939). Each bet is made from
earlier blocks alone, after the strategy aGRAPA of Waudby-Smith and Ramdas 2024, JRSS B 86, 1–27 (arXiv 2010.09686).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from apps.kernel.statistics.interval import EvidenceUnusable

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

# The variance of a coin, for the block that nobody has seen yet: the first bets are small.
VARIANCE_BEFORE = 0.25
# The most of E that one block can take.
MOST_LOST = 0.5


@dataclass(frozen=True, slots=True)
class EProcess:
    """E against "each difference, −1 to 1, has a mean of at most ``limit`` given all before it".

    ``blocks`` seen, ``total`` and ``squares`` of (difference − limit), and ``log_e``, the natural logarithm of E: all
    that is needed to go on. Kept as a logarithm, since E itself outgrows a float.
    """

    limit: float
    blocks: int = 0
    total: float = 0.0
    squares: float = 0.0
    log_e: float = 0.0

    def __post_init__(self) -> None:
        if not -1 < self.limit < 1:
            raise EvidenceUnusable(
                f"A limit of a difference lies between −1 and 1, not at {self.limit}.", code="limit_out_of_range"
            )

    @property
    def bet(self) -> float:
        """On the next block: the share of E won for each unit of (difference − limit), 0 or more."""
        k = self.blocks + 1
        mean, variance = self.total / k, (VARIANCE_BEFORE + self.squares) / k
        return min(max(mean / (variance + mean * mean), 0.0), MOST_LOST / (1 + self.limit))

    def document(self) -> dict[str, object]:
        """Plain JSON values; ``from_document`` gives back an equal state."""
        return {
            "limit": self.limit,
            "blocks": self.blocks,
            "total": self.total,
            "squares": self.squares,
            "log_e": self.log_e,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> EProcess:
        return cls(**document)  # type: ignore[arg-type]


def advance(state: EProcess, difference: float) -> EProcess:
    """The state after one more block.

    Raises EvidenceUnusable ``difference_out_of_range`` outside −1 to 1: a difference that cannot be read is missing,
    and must be left out before.
    """
    if not -1 <= difference <= 1:
        raise EvidenceUnusable(
            f"A difference of scores lies in −1 to 1, not at {difference}.", code="difference_out_of_range"
        )
    x = difference - state.limit
    return replace(
        state,
        blocks=state.blocks + 1,
        total=state.total + x,
        squares=state.squares + x * x,
        log_e=state.log_e + math.log1p(state.bet * x),
    )


def log_path(differences: Floats, *, limit: float) -> Floats:
    """The same for many sequences at once: the logarithm of E after each block, along the last axis."""
    x = differences - EProcess(limit).limit
    k = np.arange(1, x.shape[-1] + 1)
    mean, variance = _before(x) / k, (VARIANCE_BEFORE + _before(x * x)) / k
    bet = np.clip(mean / (variance + mean * mean), 0.0, MOST_LOST / (1 + limit))
    found: Floats = np.cumsum(np.log1p(bet * x), axis=-1)
    return found


def log_needed(alpha: float, *, watched: int = 1) -> float:
    """The logarithm of E that is shown: 1/α, or K/α where K processes are watched and any one may raise the alarm.

    Raises EvidenceUnusable for an α outside (0, 1), or nothing watched.
    """
    if not 0 < alpha < 1 or watched < 1:
        raise EvidenceUnusable(
            f"An error lies between 0 and 1 and at least one process is watched, not {alpha} and {watched}.",
            code="level_out_of_range",
        )
    return math.log(watched / alpha)


def _before(x: Floats) -> Floats:
    """The sum of all earlier entries."""
    sums = np.cumsum(x, axis=-1)
    return np.concatenate([np.zeros_like(sums[..., :1]), sums[..., :-1]], axis=-1)
