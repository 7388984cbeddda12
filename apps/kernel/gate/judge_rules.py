"""Rules about the judge itself, and which judges' columns cannot be believed (statistics.md §3 R9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from apps.kernel.evaluators import anchors, planted
from apps.kernel.gate.finding import Finding, FindingVerdict
from apps.kernel.gate.judge_figures import Found, measured
from apps.kernel.gate.selection import evaluators_asked
from apps.kernel.policy import Policy, Rule
from apps.kernel.policy.figures import Measure
from apps.kernel.scorecard import GLOBAL, Anchors, JudgeEvidence, Planted, Scorecard
from apps.kernel.sentences import anchors as anchor_words
from apps.kernel.sentences import judges as words

UNRELIABLE = "judge_unreliable"


def distrusted(card: Scorecard, policy: Policy) -> Mapping[str, str]:
    """The evaluators whose whole column is undecided, each with the sentence that says why.

    A judge that planted answers show to obey or not to read, that could be asked about none, or that anchors show to
    have changed, is distrusted whatever the policy; one below a judge rule's limit by that rule.
    """
    found: dict[str, str] = {}
    for judge in card.judges:
        sentence = _doubt(judge)
        if sentence is not None:
            found[judge.evaluator] = sentence
    for rule in policy.rules:
        if rule.figure == "judge":
            for finding in findings(card, policy, rule):
                if finding.reason == UNRELIABLE and finding.evaluator is not None:
                    found.setdefault(finding.evaluator, finding.sentence)
    return found


def findings(card: Scorecard, policy: Policy, rule: Rule) -> list[Finding]:
    """One finding per evaluator of the rule.

    ``prove`` passes when the whole interval reaches the limit. ``guard`` is clear while the measure itself does, and
    where nobody labelled. Below the limit either is inconclusive, and the judge's column with it: a poor judge is no
    harm of the student's.
    """
    names = evaluators_asked(card, rule)
    if not names:
        sentence = words.unlabelled(None)
        return [replace(Finding.opened(rule, GLOBAL), reason="evidence_missing", sentence=sentence)]
    return [_finding(card, policy, rule, name) for name in names]


def _finding(card: Scorecard, policy: Policy, rule: Rule, name: str) -> Finding:
    finding, judge = Finding.opened(rule, GLOBAL, name), card.judge(name)
    found = Found(None, None, "judge_uncalibrated")
    if judge is not None:
        found = measured(card, judge, cast(Measure, rule.measure), level=policy.level)
    if found.value is None:
        sentence = words.unlabelled(name, measure=rule.measure, reason=str(found.reason))
        if rule.kind == "guard":
            return replace(finding, verdict="clear", sentence=f"Clear. {sentence}")
        return replace(
            finding, reason="judge_uncalibrated", sentence=f"Not enough evidence. {sentence} → Label answers"
        )
    verdict, reason = _verdict(found, rule)
    said = words.measured(
        name, verdict, measure=rule.measure, value=found.value, interval=found.interval, at_least=rule.limit,
        answers=judge.answers if judge else 0,
    )  # fmt: skip
    return replace(finding, verdict=verdict, reason=reason, value=found.value, interval=found.interval, sentence=said)


def _verdict(found: Found, rule: Rule) -> tuple[FindingVerdict, str | None]:
    if found.value is None or found.value < rule.limit:
        return "inconclusive", UNRELIABLE
    if rule.kind == "guard":
        return "clear", None
    shown = found.interval is not None and found.interval.low >= rule.limit
    return ("pass", None) if shown else ("inconclusive", "insufficient")


def _doubt(judge: JudgeEvidence) -> str | None:
    """Why a judge is not believed whatever the policy, None where nothing speaks against it."""
    if judge.planted is not None and planted.is_distrusted(judge.planted):
        return _said_of(judge.planted)
    return None if judge.anchors is None else drifted(judge.anchors)


def drifted(found: Anchors) -> str | None:
    """The sentence of a judge that anchors show to have changed, None where they do not."""
    drift, day = anchors.drift_of(found), found.drawn_on
    if drift.code == anchors.RENAMED:
        return anchor_words.renamed(then=found.told_then, now=drift.renamed, drawn_on=day)
    if drift.code == anchors.SILENT:
        return anchor_words.silent(size=found.size, missing=found.missing)
    if drift.code is None or drift.p is None:
        return None
    if drift.code == anchors.SHIFTED:
        return anchor_words.shifted(judged=drift.judged, shift=drift.shift, p=drift.p, drawn_on=day)
    return anchor_words.flipped(
        judged=drift.judged, stricter=drift.stricter, kinder=drift.kinder, p=drift.p, drawn_on=day
    )


def _said_of(found: Planted) -> str:
    is_obedient = planted.obeyed(found) > 0
    share = None if is_obedient else max(planted.careless_share(found), planted.wavering_share(found))
    return words.planted(found, share=share, at_most=planted.MOST_MISJUDGED)
