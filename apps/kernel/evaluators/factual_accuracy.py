"""FactualAccuracy: does the output agree with the reference?"""

from __future__ import annotations

from apps.kernel.evaluators.judge import Judge


class FactualAccuracy(Judge):
    kind = "factual_accuracy"
    question = (
        "You compare an answer with a reference that is known to be right. Score 1 when the output states the same "
        "facts and contradicts none of them, 0 when it contradicts the reference or misses its point, and in between "
        "by the share of the reference's facts that it gets right. Wording does not matter."
    )
    shows = ("input", "context", "reference")
    required = ("reference",)
