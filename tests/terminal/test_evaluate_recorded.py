"""A team tries us on what it already has: files in, scorecard and verdict out, or a clear error and nothing kept."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.datasets.models import DatasetVersion
from apps.evals.models import EvalRun
from apps.members.founding import found_from_shell
from apps.registry.models import ModelVersion
from apps.tenancy.acting import acting
from apps.tenancy.queries import as_operator
from tests.conftest import REAL_DATA
from tests.factories import runs

Evaluate = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def evaluate(db: None) -> Evaluate:
    def run(*arguments: object) -> tuple[int, dict[str, Any], str]:
        out, err = io.StringIO(), io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("evaluate_recorded", *map(str, arguments), "--json", stdout=out, stderr=err)
        return int(str(ended.value.code)), json.loads(out.getvalue()), err.getvalue()

    return run


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[object]]:
    def write(golden: bytes, teacher: bytes, student: bytes, *, suffix: str = ".jsonl") -> list[object]:
        arguments: list[object] = []
        for name, content in (("golden", golden), ("teacher", teacher), ("student", student)):
            path = tmp_path / f"{name}{suffix}"
            path.write_bytes(content)
            arguments += [f"--{name}", path]
        return arguments

    return write


def usual(
    files: Callable[..., list[object]], *, golden: bytes | None = None, wrong: tuple[str, ...] = ()
) -> list[object]:
    rows = runs.golden_rows(20)
    return files(
        runs.lines(rows) if golden is None else golden,
        runs.lines(runs.output_rows(rows)),
        runs.lines(runs.output_rows(rows, wrong=wrong, model="small")),
    )


def kept() -> int:
    """Rows that an evaluation would have left behind."""
    who = as_operator(found_from_shell(slug="local", operator="test").id, "test")
    with acting(who):
        return DatasetVersion.objects.count() + ModelVersion.objects.count() + EvalRun.objects.count()


def test_a_comparison_prints_the_promised_document(evaluate: Evaluate, files: Callable[..., list[object]]) -> None:
    code, document, _ = evaluate(*usual(files, wrong=("row-0001",)), "--match", "output")
    assert (code, document["verdict"]) == (3, "inconclusive")
    assert document.keys() >= {"verdict", "findings", "cells", "cohorts", "unpaired", "digest"}
    overall = document["cells"][0]
    assert overall.keys() >= {
        "cohort",
        "evaluator",
        "n",
        "teacher",
        "student",
        "delta_pp",
        "interval_pp",
        "level",
        "verdict",
        "rows_to_decide",
    }
    assert (overall["cohort"], overall["evaluator"], overall["n"], overall["delta_pp"]) == ("*", "output", 20, -5.0)
    cohort = document["cohorts"][1]
    assert (cohort["cohort"], cohort["n"], cohort["high_value"]) == ("gold", 10, True)
    assert (cohort["cost_ratio"], cohort["cost_ratio_reason"]) == (None, "unpriced")
    assert cohort["latency_p50_ms"] == {"teacher": 100.0, "student": 100.0}
    assert document["findings"][0].keys() >= {"rule", "cohort", "evaluator", "verdict", "sentence"}


def test_the_same_files_again_change_nothing_and_give_the_same_digest(
    evaluate: Evaluate, files: Callable[..., list[object]]
) -> None:
    arguments = usual(files)
    first, second = evaluate(*arguments)[1], evaluate(*arguments)[1]
    assert first["digest"] == second["digest"]
    assert kept() == 1 + 2 + 2


def test_prices_by_model_give_a_cost_ratio(
    evaluate: Evaluate, files: Callable[..., list[object]], tmp_path: Path
) -> None:
    prices = tmp_path / "prices.json"
    prices.write_text(
        '{"big": {"input_usd_per_mtok": 5, "output_usd_per_mtok": 15}, "student": {"input": 0.5, "output": 1.5}}'
    )
    _, document, _ = evaluate(*usual(files), "--prices", prices)
    assert document["cohorts"][0]["cost_ratio"] == pytest.approx(0.1, abs=1e-9)


def test_ids_without_a_partner_are_counted(evaluate: Evaluate, files: Callable[..., list[object]]) -> None:
    rows = runs.golden_rows(40)
    arguments = files(
        runs.lines(rows), runs.lines(runs.output_rows(rows)), runs.lines(runs.output_rows(rows[1:], model="small"))
    )
    _, document, _ = evaluate(*arguments)
    assert document["unpaired"] == {"teacher_only": 1, "student_only": 0, "neither": 0}
    assert document["cells"][0]["n"] == 39


def test_gzip_and_csv_are_read_too(evaluate: Evaluate, tmp_path: Path) -> None:
    rows = runs.golden_rows(4)
    golden = tmp_path / "g.csv"
    golden.write_text("id,cohort,reference\n" + "\n".join(f"{r['id']},{r['cohort']},{r['reference']}" for r in rows))
    outputs = {}
    for name in ("big", "small"):
        outputs[name] = tmp_path / f"{name}.jsonl.gz"
        outputs[name].write_bytes(gzip.compress(runs.lines(runs.output_rows(rows, model=name))))
    _, document, _ = evaluate("--golden", golden, "--teacher", outputs["big"], "--student", outputs["small"])
    assert document["cells"][0]["n"] == 4


BAD_GOLDEN = {
    "cohort_missing": b'{"id": "a", "cohort": "x", "reference": "r"}\n{"id": "b", "reference": "r"}',
    "duplicate_id": b'{"id": "a", "cohort": "x"}\n{"id": "a", "cohort": "x"}',
    "not_utf8": b'{"id": "a", "cohort": "\xff"}',
    "nul_character": b'{"id": "a", "cohort": "x", "input": "a\\u0000b"}',
    "not_finite": b'{"id": "a", "cohort": "x", "traffic_weight": NaN}',
    "file_empty": b"",
    "line_too_long": b'{"id": "a", "cohort": "x", "input": "' + b"y" * (10 * 1024 * 1024) + b'"}',
    "json_syntax": b'{"id": "a", "cohort": ',
    "row_not_object": b"[1, 2]",
}


@pytest.mark.parametrize("code", sorted(BAD_GOLDEN))
def test_a_bad_golden_file_gets_its_code_and_leaves_nothing(
    evaluate: Evaluate, files: Callable[..., list[object]], code: str
) -> None:
    exit_code, document, told = evaluate(*usual(files, golden=BAD_GOLDEN[code]))
    assert (exit_code, document["error"]["code"]) == (2, code)
    assert told.startswith(f"{code}: ")
    assert kept() == 0


def test_a_file_that_is_not_there_is_named(evaluate: Evaluate, files: Callable[..., list[object]]) -> None:
    code, document, _ = evaluate(*usual(files)[2:], "--golden", "/nowhere/golden.jsonl")
    assert (code, document["error"]["code"]) == (2, "file_unreadable")
    assert "/nowhere/golden.jsonl" in document["error"]["detail"]


def test_a_student_that_is_its_own_teacher_is_refused_and_nothing_is_kept(
    evaluate: Evaluate, files: Callable[..., list[object]]
) -> None:
    rows = runs.golden_rows(4)
    same = runs.lines(runs.output_rows(rows))
    code, document, _ = evaluate(*files(runs.lines(rows), same, same))
    assert (code, document["error"]["code"]) == (2, "same_model")
    assert kept() == 0


@pytest.mark.parametrize(
    ("prices", "code"),
    [
        ('{"big": {"input_usd_per_mtok": -1}}', "price_invalid"),
        ('{"big": {"input_usd_per_mtok": "free"}}', "price_invalid"),
        ('{"big": {"tokens": 1}}', "price_invalid"),
        ('{"somebody": {"input": 1, "output": 1}}', "price_invalid"),
        ("{", "json_syntax"),
    ],
)
def test_bad_prices_are_refused(
    evaluate: Evaluate, files: Callable[..., list[object]], tmp_path: Path, prices: str, code: str
) -> None:
    path = tmp_path / "prices.json"
    path.write_text(prices)
    assert evaluate(*usual(files), "--prices", path)[1]["error"]["code"] == code
    assert kept() == 0


def test_an_unknown_policy_is_refused_and_a_file_is_used(
    evaluate: Evaluate, files: Callable[..., list[object]], tmp_path: Path
) -> None:
    assert evaluate(*usual(files), "--policy", "no-such")[1]["error"]["code"] == "not_found"
    policy = tmp_path / "lenient.json"
    rule = {"id": "all", "kind": "prove", "figure": "score", "scope": "global", "evaluators": "primary", "margin": 0.5}
    policy.write_text(json.dumps({"name": "lenient", "rules": [rule]}))
    code, document, _ = evaluate(*usual(files), "--policy", policy)
    assert (code, document["verdict"]) == (0, "pass")


REAL = {
    "ragtruth": (
        "ragtruth_qa",
        "llama-2-70b-chat",
        "llama-2-7b-chat",
        ["--score", "human.groundedness"],
        -62 / 3,
        "fail",
    ),
    "mmlu": (
        "mmlu_pro_420",
        "Meta-Llama-3_1-70B-Instruct",
        "Meta-Llama-3_1-8B-Instruct",
        ["--match", "parsed"],
        -80 / 4.2,
        "fail",
    ),
    "tau": (
        "tau_retail_100",
        "tool-calling",
        "tool-calling-with-preconditions",
        ["--score", "task_completion"],
        -3.0,
        "inconclusive",
    ),
    "bfcl": (
        "bfcl_ops_380",
        "gpt-4o-2024-05-13-FC",
        "gpt-4o-mini-2024-07-18-FC",
        ["--score", "task_completion"],
        -12 / 3.8,
        "inconclusive",
    ),
}


@pytest.mark.realdata
@pytest.mark.parametrize("name", sorted(REAL))
def test_real_models_get_the_figures_that_others_published(evaluate: Evaluate, tmp_path: Path, name: str) -> None:
    folder, teacher, student, how, delta_pp, verdict = REAL[name]
    prices = tmp_path / "prices.json"
    prices.write_text('{"teacher": {"input": 5, "output": 15}, "student": {"input": 0.15, "output": 0.6}}')
    data = REAL_DATA / folder
    _, document, _ = evaluate(
        "--golden", data / "golden.jsonl.gz", "--teacher", data / f"outputs.{teacher}.jsonl.gz",
        "--student", data / f"outputs.{student}.jsonl.gz", *how, *(["--prices", prices] if name == "bfcl" else []),
    )  # fmt: skip
    assert document["cells"][0]["delta_pp"] == pytest.approx(delta_pp, abs=1e-6)
    assert document["verdict"] == verdict
    if name == "bfcl":
        overall = document["cohorts"][0]
        assert overall["cost_ratio"] == pytest.approx(0.0359, abs=5e-5)
        # Nearest rank: observed values, one observation beside the interpolated 1,039 → 1,583 and 7,916 → 11,212.
        assert overall["latency_p50_ms"] == {"teacher": 1038.84, "student": 1581.139}
        assert overall["latency_p99_ms"] == {"teacher": 7977.713, "student": 11219.977}


def test_limits_of_the_student_alone_are_printed_and_end_in_the_exit_code(
    evaluate: Evaluate, files: Callable[..., list[object]], tmp_path: Path
) -> None:
    rules = [
        {"id": "p50", "kind": "prove", "figure": "latency", "at_most_ms": 200, "quantile": 0.5},
        {"id": "exact", "kind": "guard", "figure": "pass_rate", "evaluators": "all", "at_least": 0.9},
    ]
    path = tmp_path / "limits.json"
    path.write_text(json.dumps({"name": "limits", "rules": rules}))
    given = usual(files, wrong=("row-0001",))
    code, found, _ = evaluate(*given, "--policy", path, "--project", "fast")
    assert (code, found["verdict"]) == (0, "pass")
    assert [one["verdict"] for one in found["findings"]] == ["pass", "clear"]
    told = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("evaluate_recorded", *map(str, [*given, "--policy", path, "--project", "fast"]), stdout=told)
    lines = [" ".join(line.split()) for line in told.getvalue().splitlines()]
    assert "p50 all traffic p50 ≤ 200 ms 100.0 ms [100.0, 100.0] ✓ pass –" in lines
    assert "exact all traffic exact_match ≥ 90 % 95.0 % [78.4, 99.7] ○ clear –" in lines
