from __future__ import annotations

from typing import Any

import pytest

from apps.kernel.reading.golden import GoldenFile, parse_golden
from apps.kernel.reading.refusal import FileRefused
from apps.kernel.reading.rows import SourceRow


def parsed(*clusters: Any) -> GoldenFile:
    rows = [
        SourceRow(number, {"id": f"r{number}", "cohort": "a", **({} if cluster == "absent" else {"cluster": cluster})})
        for number, cluster in enumerate(clusters, start=1)
    ]
    return parse_golden(rows)


def test_a_cluster_is_read_without_blanks_and_numbers_as_their_digits() -> None:
    found = parsed("talk-1 ", 42, "42")
    assert [example.cluster for example in found.examples] == ["talk-1", "42", "42"]
    assert [warning.code for warning in found.warnings if warning.code.startswith("cluster")] == []
    assert all("cluster" not in example.extra for example in found.examples)


def test_a_file_without_the_column_has_no_clusters() -> None:
    found = parsed("absent", "absent")
    assert [example.cluster for example in found.examples] == [None, None]


def test_rows_without_a_cluster_among_others_are_told() -> None:
    found = parsed("c", None, "", "absent", "c")
    assert [example.cluster for example in found.examples] == ["c", None, None, None, "c"]
    told = [warning for warning in found.warnings if warning.code == "cluster_blank"]
    assert [warning.detail for warning in told] == ["3 of 5 rows have no cluster; each counts as a cluster of its own."]


@pytest.mark.parametrize("bad", ["x" * 201, "a\x00b", True, 1.5, ["c"], {"c": 1}])
def test_what_is_no_name_refuses_the_file_with_its_row(bad: Any) -> None:
    with pytest.raises(FileRefused) as refused:
        parsed("c", bad)
    assert [(problem.code, problem.where["row"]) for problem in refused.value.errors] == [("cluster_invalid", 2)]
