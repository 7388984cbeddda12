"""What no evidence and no policy may bring about, whatever they look like."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel import digest
from apps.kernel.evaluators.anchors import drift_of
from apps.kernel.evaluators.contract import Outcome
from apps.kernel.gate import decide
from apps.kernel.policy import Policy, parse
from apps.kernel.policy.figures import DIVERGENCES, MEASURES
from apps.kernel.report import report
from apps.kernel.scorecard import (
    NO_OUTPUT,
    Anchors,
    Arm,
    Cohort,
    Evaluator,
    JudgedAnswer,
    JudgeEvidence,
    Planted,
    Row,
    Scorecard,
    Unpaired,
    assemble,
    judge_evidence,
)
from apps.kernel.statistics.divergence import RowDivergence, RowMissing

COHORTS = ("a", "b", "c")
EVALUATORS = ("json", "quality")

binary = st.sampled_from([0.0, 1.0])
graded = st.sampled_from([0.0, 0.25, 0.3, 1.0, 1.0000001])
broken = st.sampled_from([math.nan, math.inf, -math.inf, -3.0, 7.0])
outcomes = st.one_of(
    binary.map(Outcome),
    binary.map(Outcome),
    graded.map(Outcome),
    broken.map(Outcome),
    st.just(Outcome(None, "upstream_deadline")),
)
arms = st.builds(
    Arm,
    scores=st.dictionaries(st.sampled_from(EVALUATORS), outcomes),
    cost_usd=st.sampled_from([None, Decimal(0), Decimal("0.01"), Decimal("1.5"), Decimal("NaN")]),
    latency_ms=st.sampled_from([None, 0.0, 12.5, 3000.0, math.inf]),
    fault=st.sampled_from([None, None, "worker_lost", "upstream_deadline", NO_OUTPUT]),
    first_token_ms=st.sampled_from([None, 3.0, math.nan]),
    finish=st.sampled_from([None, "stop", "length", "content_filter"]),
)
repeated = st.builds(lambda first, others: replace(first, repeats=tuple(others)), arms, st.lists(arms, max_size=2))
clean = st.builds(
    lambda score, cost, ms: Arm({"quality": Outcome(score)}, cost, ms),
    binary,
    st.sampled_from([Decimal("0.01"), Decimal("0.02")]),
    st.sampled_from([10.0, 20.0]),
)
tokens = st.sampled_from(
    [None, None, RowMissing("list_empty"), RowMissing("not_comparable"), RowDivergence(0.4, 0.1, 0.3, 0.95, 3)]
)
clusters = st.sampled_from([None, None, "c1", "c2", "of its copy"])
bodies = st.lists(
    st.tuples(
        st.sampled_from(COHORTS),
        *[st.one_of(clean, clean, arms, repeated)] * 2,
        st.sampled_from([1, 1, 2, 40]),
        clusters,
        tokens,
    ),
    max_size=12,
)
limits = st.sampled_from([0.01, 0.03, 0.2, 0.9])
scopes = st.sampled_from(["global", "high_value", "other_cohorts", "each_cohort"])
selections = st.sampled_from(["primary", "secondary", "all", ["quality"], ["quality", "toxicity"]])
kinds = st.sampled_from(["prove", "guard"])
rules = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": kinds,
            "figure": st.just("score"),
            "scope": scopes,
            "evaluators": selections,
            "margin": limits,
            "unit": st.sampled_from(["pp", "pp", "relative"]),
            "judge": st.sampled_from(["raw", "corrected"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": kinds,
            "figure": st.just("judge"),
            "evaluators": selections,
            "measure": st.sampled_from(MEASURES),
            "at_least": limits,
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("guard"), "figure": st.just("divergence"), "scope": scopes, "at_most": limits},
        optional={"measure": st.sampled_from(DIVERGENCES)},
    ),
    st.fixed_dictionaries({"kind": kinds, "figure": st.just("cost_ratio"), "scope": scopes, "at_most": limits}),
    st.fixed_dictionaries(
        {
            "kind": kinds,
            "figure": st.just("latency_ratio"),
            "scope": scopes,
            "at_most": limits,
            "quantile": st.sampled_from([0.5, 0.99]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": kinds,
            "figure": st.just("latency"),
            "scope": scopes,
            "at_most_ms": st.sampled_from([5, 15, 5000]),
            "quantile": st.sampled_from([0.5, 0.9, 0.99]),
            "until": st.sampled_from(["answer", "first_token"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": kinds,
            "figure": st.just("pass_rate"),
            "scope": scopes,
            "evaluators": selections,
            "at_least": st.sampled_from([0.2, 0.5, 0.98]),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("guard"), "figure": st.just("missing"), "scope": scopes, "evaluators": selections},
        optional={"fail_above": st.sampled_from([0.05, 0.5])},
    ).map(lambda rule: {**rule, "at_most": 0.05}),
    st.fixed_dictionaries(
        {
            "kind": st.just("guard"),
            "figure": st.just("excess_loss"),
            "scope": st.sampled_from(["high_value", "other_cohorts", "each_cohort"]),
            "evaluators": selections,
            "margin": st.sampled_from([0, 0.01, 0.5]),
        }
    ),
)
freshness = st.fixed_dictionaries(
    {},
    optional={
        "max_age_days": st.sampled_from([0.5, 1, 30, 3650]),
        "max_contaminated": st.sampled_from([0, 0.01, 0.05]),
    },
)

planted = st.sampled_from(
    [
        None, None, Planted(4), Planted(4, 4), Planted(8, 1, {"obeyed": 1}), Planted(8, 0, {"colon": 1}),
        Planted(8, 0, {"obeyed_once": 1}),
    ]
)  # fmt: skip
FLIPPED = 30


@st.composite
def anchored(draw: st.DrawFn) -> Anchors | None:
    """A judge held against itself: steady, flipped, graded, silent or renamed; or not at all."""
    flips, missing = draw(st.sampled_from([0, 3, FLIPPED])), draw(st.sampled_from([0, 5, 60]))
    now = draw(st.sampled_from([0.0, 0.4, 0.9]))
    verdicts = [(1.0, now, "")] * flips + [(0.0, None, "judge_unparsable")] * missing + [(1.0, 1.0, "")] * 70
    told = draw(st.sampled_from([((), ()), (("m",), ("m",)), (("m",), ("n",))]))
    found = Anchors.counted(
        verdicts, set="s", revision=1, judge="j", drawn_on="2026-03-14", told_then=told[0], told_now=told[1]
    )
    return draw(st.sampled_from([None, found]))


@st.composite
def cards(draw: st.DrawFn) -> Scorecard:
    rows = [
        Row(
            f"{number}-{copy}",
            cohort,
            teacher,
            student,
            cluster=f"copy {copy}" if cluster == "of its copy" else cluster,
            divergence=divergence,
        )
        for number, (cohort, teacher, student, copies, cluster, divergence) in enumerate(draw(bodies))
        for copy in range(copies)
    ]
    weights = draw(st.sampled_from([None, (0.2, 0.3, 0.5), (1.0, 0.0, 0.0)]))
    labels = draw(st.lists(st.one_of(binary, graded.map(lambda value: min(value, 1.0))), min_size=1, max_size=3))
    high_value = draw(st.sets(st.sampled_from(COHORTS)))
    return assemble(
        rows,
        cohorts=[Cohort(name, name in high_value, w) for name, w in zip(COHORTS, weights or (0, 0, 0), strict=True)],
        evaluators=[Evaluator("json", draw(st.booleans())), Evaluator("quality", draw(st.booleans()))],
        weights_source="declared" if weights else "row_share",
        unpaired=Unpaired(draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(st.integers(0, 3))),
        facts={},
        judges=_labelled(rows, draw(st.sampled_from([0, 3, 60])), tuple(labels), draw(planted), draw(anchored())),
    )


def _labelled(
    rows: list[Row], count: int, labels: tuple[float, ...], asked: Planted | None, again: Anchors | None
) -> list[JudgeEvidence]:
    """The first rows of a card as if people had labelled them, whatever the judge says of them."""
    whole = assemble(
        rows,
        cohorts=[Cohort(name) for name in COHORTS],
        evaluators=[Evaluator(name) for name in EVALUATORS],
        weights_source="row_share",
        unpaired=Unpaired(),
        facts={},
    )
    answers = []
    for name in COHORTS:
        cell = whole.cell(name, "quality")
        pairs = [] if cell is None else [(t, s) for t, s, n in cell.strata[0].pairs.triples for _ in range(n)][:count]
        for number, scores in enumerate(pairs):
            for place, (role, score) in enumerate(zip(("teacher", "student"), scores, strict=True)):
                given = labels if (number + place) % 3 else (score,)
                answers.append(JudgedAnswer(f"{name}-{number}", name, role, score, given))
    found = judge_evidence("quality", answers, planted=asked, anchors=again)
    return [] if found is None else [found]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    chosen = draw(st.lists(rules, min_size=1, max_size=5))
    alpha = draw(st.sampled_from([0.025, 0.05]))
    numbered = [{"id": str(number), **rule} for number, rule in enumerate(chosen)]
    return parse({"name": "fuzz", "alpha": alpha, "rules": numbered, **draw(freshness)})


@settings(max_examples=50)
@given(cards(), policies())
def test_a_pass_always_rests_on_a_proof(evidence: Scorecard, asked: Policy) -> None:
    a_pass_rests_on_a_proof(evidence, asked)


@pytest.mark.slow
@settings(max_examples=400)
@given(cards(), policies())
def test_a_pass_rests_on_a_proof_in_many_cards(evidence: Scorecard, asked: Policy) -> None:
    a_pass_rests_on_a_proof(evidence, asked)


def a_pass_rests_on_a_proof(evidence: Scorecard, asked: Policy) -> None:
    decided = decide(evidence, asked)
    findings = decided.findings
    if decided.verdict == "pass":
        assert any(finding.kind == "prove" for finding in findings)
        assert {finding.verdict for finding in findings} <= {"pass", "clear"}
        assert evidence.unpaired.one_sided <= 0.05 * (evidence.rows + evidence.unseen)
    unbelievable = {one.evaluator for one in evidence.judges if one.planted and "obeyed" in one.planted.misjudged}
    unbelievable |= {one.evaluator for one in evidence.judges if one.anchors and drift_of(one.anchors).code}
    for finding in findings:
        assert finding.sentence
        if finding.figure in ("score", "pass_rate") and finding.evaluator in unbelievable:
            assert finding.verdict == "inconclusive"
        if finding.verdict == "pass":
            assert finding.kind == "prove"
        if finding.verdict == "pass" and finding.figure in ("judge", "pass_rate"):
            assert finding.interval is not None
            assert finding.limit is not None
            assert finding.interval.low >= finding.limit
        elif finding.verdict == "pass" and finding.figure == "score":
            assert finding.p_pass is not None
            assert finding.p_pass <= asked.alpha
        elif finding.verdict == "pass":
            assert finding.interval is not None
            assert finding.limit is not None
            assert finding.interval.high <= finding.limit
        if finding.verdict == "pass" and finding.figure in ("latency", "pass_rate"):
            assert finding.p_pass is not None
            assert finding.p_pass <= asked.alpha
        if finding.verdict == "fail" and finding.figure in ("score", "latency", "pass_rate"):
            assert finding.p_fail is not None
            assert finding.p_fail <= asked.alpha
        if finding.verdict in ("inconclusive", "invalid"):
            assert finding.reason
        if finding.verdict in ("pass", "fail") and finding.figure == "score":
            cell = evidence.cell(finding.cohort, str(finding.evaluator))
            assert cell is not None
            assert cell.clusters is None or cell.clusters.count >= 5
        if finding.figure == "divergence":
            assert finding.verdict != "pass"
        if finding.verdict == "inconclusive" and finding.figure == "score" and finding.value is None:
            assert finding.rows_to_decide is not None


@settings(max_examples=20)
@given(cards(), policies())
def test_the_stored_document_always_gives_the_same_report(evidence: Scorecard, asked: Policy) -> None:
    the_stored_document_gives_the_same_report(evidence, asked)


@pytest.mark.slow
@settings(max_examples=120)
@given(cards(), policies())
def test_the_stored_document_gives_the_same_report_in_many_cards(evidence: Scorecard, asked: Policy) -> None:
    the_stored_document_gives_the_same_report(evidence, asked)


def the_stored_document_gives_the_same_report(evidence: Scorecard, asked: Policy) -> None:
    again = Scorecard.from_document(json.loads(digest.canonical(evidence.document())))
    written = digest.canonical(report(evidence, decide(evidence, asked)))
    assert digest.canonical(report(again, decide(again, parse(asked.document())))) == written
    assert b"NaN" not in written
    assert b"Infinity" not in written
