"""Datasets over REST."""

from __future__ import annotations

import json
from typing import Any

from tests.api.conftest import Rest, code_of
from tests.factories.runs import golden_rows, lines


def imported(rest: Rest, at: str, count: int, name: str = "golden") -> dict[str, Any]:
    response = rest.upload(f"{at}/datasets?name={name}", "golden.jsonl", lines(golden_rows(count)))
    assert response.status_code == 201, response.content
    return dict(json.loads(response.content))


def test_another_content_is_the_next_version_and_the_same_one_is_the_same(rest: Rest, at: str) -> None:
    first, again, second = imported(rest, at, 4), imported(rest, at, 4), imported(rest, at, 6)
    assert first == again
    assert (first["ref"], second["ref"], second["example_count"]) == ("golden@1", "golden@2", 6)
    assert first["digest"] != second["digest"]
    assert {warning["code"] for warning in first["warnings"]} == {"underpowered", "cohort_small"}


def test_a_version_is_found_by_each_of_its_names(rest: Rest, at: str) -> None:
    first, second = imported(rest, at, 4), imported(rest, at, 6)
    for reference, wanted in (
        ("golden", second),
        ("golden@1", first),
        ("golden-v1", first),
        (second["id"], second),
    ):
        assert json.loads(rest.get(f"{at}/datasets/{reference}").content) == wanted, reference
    for reference in ("golden@3", "golden@01", "golden@0", "golden-v", "other"):
        assert rest.get(f"{at}/datasets/{reference}").status_code == 404, reference


def test_a_list_can_be_kept_to_one_dataset(rest: Rest, at: str) -> None:
    imported(rest, at, 4)
    imported(rest, at, 4, name="other")
    listed = json.loads(rest.get(f"{at}/datasets?name=other").content)["data"]
    assert [entry["ref"] for entry in listed] == ["other@1"]
    assert len(json.loads(rest.get(f"{at}/datasets").content)["data"]) == 2


def test_pinning_is_final_and_may_be_asked_again(rest: Rest, at: str) -> None:
    imported(rest, at, 4)
    pinned = json.loads(rest.post(f"{at}/datasets/golden/pin").content)
    assert (pinned["status"], pinned["pinned_at"] is not None) == ("PINNED", True)
    assert json.loads(rest.post(f"{at}/datasets/golden@1/pin").content) == pinned


def test_rows_are_listed_by_their_keys_page_by_page(rest: Rest, at: str) -> None:
    imported(rest, at, 5)
    seen, cursor = [], ""
    for size in (2, 2, 1):
        page = json.loads(rest.get(f"{at}/datasets/golden/rows?limit=2{cursor}").content)
        assert len(page["data"]) == size
        seen += page["data"]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["has_more"] is False
    assert [row["key"] for row in seen] == [f"row-000{number}" for number in range(5)]
    assert {name: seen[1][name] for name in ("object", "cohort", "is_high_value", "content")} == {
        "object": "dataset_row",
        "cohort": "gold",
        "is_high_value": True,
        "content": {"input": "question 1", "reference": "answer 1"},
    }


def test_rows_can_be_kept_to_one_cohort_of_the_version(rest: Rest, at: str) -> None:
    imported(rest, at, 5)
    listed = json.loads(rest.get(f"{at}/datasets/golden/rows?cohort=gold").content)["data"]
    assert [row["key"] for row in listed] == ["row-0001", "row-0003"]
    response = rest.get(f"{at}/datasets/golden/rows?cohort=glod")
    problem = json.loads(response.content)
    assert (*code_of(response), problem["detail"], problem["where"]) == (
        404, "not_found", "There is no cohort 'glod' in golden@1.", {"parameter": "cohort"},
    )  # fmt: skip


def test_a_cursor_of_one_cohort_opens_no_other(rest: Rest, at: str) -> None:
    imported(rest, at, 6)
    cursor = json.loads(rest.get(f"{at}/datasets/golden/rows?cohort=gold&limit=1").content)["next_cursor"]
    assert code_of(rest.get(f"{at}/datasets/golden/rows?cohort=plain&cursor={cursor}")) == (400, "cursor_invalid")
