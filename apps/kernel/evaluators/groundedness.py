"""Groundedness: is every claim of the output supported by the given context?"""

from __future__ import annotations

from apps.kernel.evaluators.judge import Judge


class Groundedness(Judge):
    kind = "groundedness"
    version = "2"
    question = (
        "You check whether an answer is grounded in its context. Score the share of the output's claims that the "
        "context supports: 1 when all are, 0 when none is. A claim that is true but not in the context is unsupported. "
        "An output that makes no claim at all scores 0."
    )
    shows = ("input", "context")
    required = ("context",)
