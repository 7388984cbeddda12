"""Live rows: counted by cohort, sampled by a keyed hash, sketched, and told apart from those that came twice."""

from __future__ import annotations

import random
from typing import Any

import pytest

from apps.kernel.reading import traffic
from apps.kernel.reading.refusal import FileRefused
from apps.kernel.reading.rows import SourceRow
from apps.kernel.reading.traffic import Drawing, Traffic, asked_in, drawn, parse_traffic
from apps.kernel.statistics.hashed_text import sketch

DRAWING = Drawing(key=b"project", seed="project/2026-11-01")


def source(rows: list[dict[str, Any]]) -> list[SourceRow]:
    return [SourceRow(number, values) for number, values in enumerate(rows, start=1)]


def parsed(*rows: dict[str, Any]) -> Traffic:
    return parse_traffic(source(list(rows)), drawing=DRAWING)


def code_of(*rows: dict[str, Any]) -> str:
    with pytest.raises(FileRefused) as refused:
        parsed(*rows)
    return refused.value.code


def test_rows_are_counted_by_cohort_and_other_columns_are_not_looked_at() -> None:
    found = parsed(
        {"cohort": "refunds", "input": "Where is my money?", "latency_ms": 12.5, "answer": "here"},
        {"cohort": "logins", "messages": [{"role": "user", "content": "I forgot my password"}]},
        {"cohort": "refunds", "input": "Money back!"},
        {"cohort": "refunds"},
    )
    assert (found.cohorts, found.rows, found.without_text, found.repeated) == ({"logins": 1, "refunds": 3}, 4, 1, 0)
    assert len(found.sampled) == 3
    assert [row.cohort for row in found.sampled] == ["logins", "refunds", "refunds"]
    assert found.sampled[0].sketch == sketch("I forgot my password", key=b"project")


def test_the_same_row_twice_counts_once_with_an_id_and_twice_without() -> None:
    named = {"id": "t-1", "cohort": "a", "input": "hello there"}
    assert (parsed(named, named).rows, parsed(named, named).repeated) == (1, 1)
    bare = {"cohort": "a", "input": "hello there"}
    assert (parsed(bare, bare).rows, parsed(bare, bare).repeated, len(parsed(bare, bare).sampled)) == (2, 0, 2)
    assert code_of(named, {**named, "input": "something else"}) == "duplicate_id"
    assert parsed({**named, "id": 7}).digest == parsed({**named, "id": "7"}).digest


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [{"id": f"t-{n}", "cohort": "ab"[n % 2], "input": f"question {n}"} for n in range(700)]
    shuffled = random.Random(1).sample(rows, len(rows))
    one, other = parsed(*rows), parsed(*shuffled)
    assert one == other
    assert len(one.sampled) == 500


def test_a_digest_covers_cohort_and_text_of_every_row() -> None:
    row = {"cohort": "a", "input": "hello"}
    digests = {
        parsed(row).digest,
        parsed({**row, "cohort": "b"}).digest,
        parsed({**row, "input": "hello!"}).digest,
        parsed(row, row).digest,
        parsed({**row, "id": "1"}).digest,
    }
    assert len(digests) == 5
    assert parsed({**row, "latency_ms": 3}).digest == parsed(row).digest


def test_the_sample_of_a_whole_is_found_in_the_samples_of_its_parts() -> None:
    rows = [(f"t-{n}", n) for n in range(1000)]
    whole = drawn(rows, seed="s", count=50)
    parts = [*drawn(rows[:300], seed="s", count=50), *drawn(rows[300:], seed="s", count=50)]
    assert drawn([(f"t-{n}", n) for n in parts], seed="s", count=50) == whole
    assert drawn(rows, seed="other", count=50) != whole


def test_what_a_row_asks_is_found_as_in_golden_rows_first() -> None:
    assert asked_in({"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "hi"}]}) == "hi"
    assert asked_in({"question": "why?", "input": "what?"}) == "what?"
    assert asked_in({"question": "why?"}) == "why?"
    assert asked_in({"answer": "because"}) == ""


def test_rows_without_a_usable_cohort_or_id_are_refused() -> None:
    assert code_of({"input": "x"}) == "column_missing"
    assert code_of({"cohort": "a"}, {"cohort": ""}) == "cohort_missing"
    assert code_of({"cohort": "*"}) == "cohort_name_invalid"
    assert code_of({"cohort": "a"}, {"cohort": "A"}) == "cohort_ambiguous"
    assert code_of({"cohort": "a", "id": True}) == "id_invalid"
    assert code_of({"cohort": "a", "id": "x" * 201}) == "id_invalid"


def test_too_many_rows_or_cohorts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(*({"cohort": f"c{n}"} for n in range(501))) == "too_many_cohorts"
    monkeypatch.setattr(traffic, "MOST_TRAFFIC_ROWS", 3)
    assert parsed(*[{"cohort": "a"}] * 3).rows == 3
    assert code_of(*[{"cohort": "a"}] * 4) == "too_many_rows"
