"""Paired scores of a teacher and a student become one frozen card of cells per cohort × evaluator."""

from apps.kernel.scorecard.anchors import Anchors
from apps.kernel.scorecard.assemble import assemble, assemble_lines
from apps.kernel.scorecard.card import GLOBAL, Scorecard
from apps.kernel.scorecard.cell import Cell, Missing, PairedStratum
from apps.kernel.scorecard.evidence import NO_OUTPUT, Arm, Cohort, Evaluator, Row, Unpaired
from apps.kernel.scorecard.judges import JudgedAnswer, JudgeEvidence, Planted, judge_evidence
from apps.kernel.scorecard.lines import Lines, OutcomeLine, TrafficLine
from apps.kernel.scorecard.pairs import Pairs
from apps.kernel.scorecard.traffic import Traffic

__all__ = [
    "GLOBAL",
    "NO_OUTPUT",
    "Anchors",
    "Arm",
    "Cell",
    "Cohort",
    "Evaluator",
    "JudgeEvidence",
    "JudgedAnswer",
    "Lines",
    "Missing",
    "OutcomeLine",
    "PairedStratum",
    "Pairs",
    "Planted",
    "Row",
    "Scorecard",
    "Traffic",
    "TrafficLine",
    "Unpaired",
    "assemble",
    "assemble_lines",
    "judge_evidence",
]
