"""Reads the recorded outputs of real models that lie beside the repository, straight into rows."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import Arm, Cohort, Evaluator, Row, Scorecard, Unpaired, assemble

FOLDER = Path(__file__).parents[2].parent / "shared" / "data"

Record = Mapping[str, Any]
Score = Callable[[Record, Record], float]


def records(*path: str) -> list[dict[str, Any]]:
    with gzip.open(FOLDER.joinpath(*path), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def compared(
    folder: str,
    teacher: str,
    student: str,
    *,
    evaluator: str,
    score: Score,
    usd_per_mtok: Mapping[str, tuple[str, str]] | None = None,
) -> Scorecard:
    """The card of two recorded models; prices are (input, output) USD per million tokens by model file name."""
    golden = records(folder, "golden.jsonl.gz")
    outputs = {name: {o["id"]: o for o in records(folder, f"outputs.{name}.jsonl.gz")} for name in (teacher, student)}

    def arm(name: str, example: Record) -> Arm:
        output = outputs[name][example["id"]]
        cost = None if usd_per_mtok is None else _cost(output, *usd_per_mtok[name])
        return Arm({evaluator: Outcome(score(example, output))}, cost, output.get("latency_ms"))

    rows = [Row(e["id"], e["cohort"], arm(teacher, e), arm(student, e)) for e in golden]
    names = {e["cohort"] for e in golden}
    return assemble(
        rows,
        cohorts=[Cohort(n, any(e["high_value"] for e in golden if e["cohort"] == n)) for n in names],
        evaluators=[Evaluator(evaluator)],
        weights_source="row_share",
        unpaired=Unpaired(),
        facts={"teacher": teacher, "student": student},
    )


def _cost(output: Record, input_usd: str, output_usd: str) -> Decimal:
    return (output["input_tokens"] * Decimal(input_usd) + output["output_tokens"] * Decimal(output_usd)) / 1_000_000
