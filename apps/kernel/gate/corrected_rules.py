"""The finding of a score rule that asks for corrected scores."""

from __future__ import annotations

from dataclasses import replace

from apps.kernel.gate.correction import Correction, correction_of, labels_wanted
from apps.kernel.gate.finding import Finding
from apps.kernel.gate.selection import Asked
from apps.kernel.policy import Rule
from apps.kernel.scorecard import Scorecard
from apps.kernel.sentences import judges as words
from apps.kernel.statistics.clustered import FEWEST_CLUSTERS

UNCALIBRATED = "judge_uncalibrated"


def correction_asked(card: Scorecard, rule: Rule, asked: Asked) -> Correction | None:
    """The corrected cell where the rule asks for one and there are labels enough."""
    if rule.judge != "corrected" or asked.evaluator is None:
        return None
    found = correction_of(card, asked.cohort, asked.evaluator)
    return found if isinstance(found, Correction) else None


def uncalibrated(card: Scorecard, cohort: str, evaluator: str) -> str:
    """The sentence of a corrected rule without labels enough, or whose labels lie in too few clusters."""
    found = correction_of(card, cohort, evaluator)
    labels = found.labels if isinstance(found, Correction) else found
    wanted = labels_wanted(card, cohort, evaluator)
    if not wanted:
        return words.clustered(cohort, evaluator, fewest=FEWEST_CLUSTERS)
    return words.uncalibrated(cohort, evaluator, labels=labels, wanted=wanted)


def completed(
    finding: Finding, correction: Correction, *, margin: float, alpha: float, level: float, absent: int
) -> Finding:
    """Fill in the figures and the sentence of a finding whose verdict and reason stand; ``margin`` on the 0–1 scale.

    ``rows_to_decide`` stays None: it is labels that lack, and the sentence says how many.
    """
    found = correction.delta(level=level)
    finding = replace(finding, value=found.corrected, interval=found.interval, limit=margin, rows_to_decide=None)
    cohort, evaluator = finding.cohort, str(finding.evaluator)
    told = words.Told(cohort, evaluator, found.corrected, found.raw, found.interval, margin, correction.labels)
    if finding.verdict == "pass":
        return replace(finding, sentence=words.passed(told))
    if finding.verdict == "fail":
        return replace(finding, sentence=words.failed(told))
    if finding.verdict == "clear":
        noticeable = correction.noticeable_loss(margin=margin, alpha=alpha)
        return replace(finding, noticeable=noticeable, sentence=words.clear(told, noticeable=noticeable))
    if finding.reason == "missing":
        return replace(finding, sentence=words.missing(cohort, evaluator, absent=absent))
    wanted = None
    if margin > 0 and -found.corrected <= margin:
        wanted = correction.labels_to_decide(margin=margin, alpha=alpha)
    return replace(finding, sentence=words.insufficient(told, wanted=wanted))
