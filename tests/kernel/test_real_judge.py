"""People's labels of real models' answers against a naive judge: the correction finds what all labels together say."""

from __future__ import annotations

import re
from statistics import mean, stdev

import pytest

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.gate.correction import Correction, correction_of
from apps.kernel.gate.judge_figures import both_arms
from apps.kernel.label_sample import Candidate, draw
from apps.kernel.scorecard import GLOBAL, JudgedAnswer, Scorecard, judge_evidence
from apps.kernel.scorecard.assemble import assemble
from apps.kernel.scorecard.evidence import Arm, Cohort, Evaluator, Row, Unpaired
from apps.kernel.statistics.agreement import judge_accuracy
from tests.kernel.recorded import FOLDER, Record, records

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the recorded outputs are not beside the repository"),
]

TEACHER, STUDENT = "llama-2-70b-chat", "llama-2-7b-chat"
SEEDS = 60
ROWS = 120


def overlap(example: Record, output: Record) -> float:
    """A judge that counts words: grounded when nearly all longer words of the answer stand in the context."""
    context = set(re.findall(r"[a-z]{5,}", f"{example['context']} {example['input']}".lower()))
    said = re.findall(r"[a-z]{5,}", output["output"].lower())
    return float(not said or sum(word in context for word in said) / len(said) >= 0.7)


@pytest.fixture(scope="module")
def golden() -> list[tuple[Record, Record, Record]]:
    sides = [{o["id"]: o for o in records("ragtruth_qa", f"outputs.{name}.jsonl.gz")} for name in (TEACHER, STUDENT)]
    return [(e, sides[0][e["id"]], sides[1][e["id"]]) for e in records("ragtruth_qa", "golden.jsonl.gz")]


def labelled(golden: list[tuple[Record, Record, Record]], keys: set[str]) -> Scorecard:
    """The judge's card of all rows, with people's labels of those of the keys."""
    rows, answers = [], []
    for example, *outputs in golden:
        scores = [overlap(example, output) for output in outputs]
        arms = [Arm({"overlap": Outcome(score)}) for score in scores]
        rows.append(Row(example["id"], example["cohort"], *arms))
        if example["id"] in keys:
            answers += [
                JudgedAnswer(example["id"], example["cohort"], role, score, (float(output["human"]["groundedness"]),))
                for role, score, output in zip(("teacher", "student"), scores, outputs, strict=True)
            ]
    evidence = judge_evidence("overlap", answers)
    names = {example["cohort"] for example, *_ in golden}
    return assemble(
        rows,
        cohorts=[Cohort(name) for name in names],
        evaluators=[Evaluator("overlap")],
        weights_source="row_share",
        unpaired=Unpaired(),
        facts={},
        judges=[evidence] if evidence else [],
    )


def test_the_interval_of_a_sample_holds_what_all_labels_say(golden: list[tuple[Record, Record, Record]]) -> None:
    truth = sum(
        float(student["human"]["groundedness"]) - float(teacher["human"]["groundedness"])
        for _, teacher, student in golden
    ) / len(golden)
    candidates = [Candidate(e["id"], e["cohort"], e["high_value"]) for e, *_ in golden]
    held, errors = 0, []
    for seed in range(SEEDS):
        card = labelled(golden, set(draw(candidates, rows=ROWS, seed=str(seed))))
        found = correction_of(card, GLOBAL, "overlap")
        assert isinstance(found, Correction)
        delta = found.delta(level=0.9)
        held += delta.interval.low <= truth <= delta.interval.high
        errors.append(delta.corrected - truth)
    # All rows are the whole here, so that intervals that allow for further rows hold it more often than nine in ten.
    assert held / SEEDS >= 0.9
    # No bias: the mean error is within three of its standard errors (0.005; over 400 seeds it is 0.002).
    assert abs(mean(errors)) <= 3 * stdev(errors) / SEEDS**0.5


def test_the_naive_judge_is_as_poor_as_its_table(golden: list[tuple[Record, Record, Record]]) -> None:
    card = labelled(golden, {example["id"] for example, *_ in golden})
    [evidence] = card.judges
    table = both_arms(evidence)
    accuracy = judge_accuracy(table)
    assert (evidence.answers, accuracy.sensitivity.n + accuracy.specificity.n) == (600, 600)
    assert accuracy.youden is not None
    assert accuracy.youden < 0.3  # nothing that counts words may be leaned on
    whole = correction_of(card, GLOBAL, "overlap")
    assert isinstance(whole, Correction)
    # Every row is labelled: the corrected figure is people's own.
    truth = sum(s["human"]["groundedness"] - t["human"]["groundedness"] for _, t, s in golden) / len(golden)
    assert whole.delta(level=0.9).corrected == pytest.approx(truth)
