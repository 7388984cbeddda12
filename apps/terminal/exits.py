"""What a command's exit code says, the same for every command that ends in a verdict.

0 pass · 1 fail · 2 usage or bad input · 3 inconclusive · 4 invalid · 5 no answer (service, budget, time) ·
130 interrupted
"""

from __future__ import annotations

from apps.kernel.errors import DistillHubError, Unavailable

DONE, FAIL, USAGE, INCONCLUSIVE, INVALID, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
OF_VERDICT = {"pass": DONE, "fail": FAIL, "inconclusive": INCONCLUSIVE, "invalid": INVALID}
LET_THROUGH = ("warn", "pass")
ON_INCONCLUSIVE = ("fail", *LET_THROUGH)


def of_verdict(verdict: str | None, *, on_inconclusive: str = "fail") -> int:
    """A card that no gate was asked about is done; nothing but an inconclusive verdict can be let through."""
    if verdict is None or (verdict == "inconclusive" and on_inconclusive in LET_THROUGH):
        return DONE
    return OF_VERDICT[verdict]


def of_error(error: DistillHubError) -> int:
    return NO_ANSWER if isinstance(error, Unavailable) else USAGE
