"""A status follows another only when the table says so."""

from __future__ import annotations

import pytest

from apps.kernel import lifecycle
from apps.kernel.lifecycle import TABLES, MoveNotAllowed

RUN, VERSION = "evals.evalrun", "datasets.datasetversion"
ALLOWED = {
    RUN: {
        ("PLANNED", "RUNNING"), ("PLANNED", "PAUSED"), ("PLANNED", "CANCELLED"), ("PLANNED", "FAILED"),
        ("RUNNING", "PAUSED"), ("PAUSED", "RUNNING"), ("PAUSED", "CANCELLED"), ("PAUSED", "FAILED"),
        ("RUNNING", "COMPLETED"), ("RUNNING", "FAILED"), ("RUNNING", "CANCELLED"),
    },
    VERSION: {("DRAFT", "PINNED")},
}  # fmt: skip
PAIRS = [(kind, old, new) for kind in ALLOWED for old in TABLES[kind] for new in TABLES[kind]]


def test_every_table_is_known_to_these_tests() -> None:
    assert set(TABLES) == set(ALLOWED)


@pytest.mark.parametrize(("kind", "old", "new"), PAIRS)
def test_each_step_is_allowed_or_refused_as_written(kind: str, old: str, new: str) -> None:
    if (old, new) in ALLOWED[kind]:
        assert lifecycle.check(kind, old=old, new=new) is None
    else:
        with pytest.raises(MoveNotAllowed):
            lifecycle.check(kind, old=old, new=new)


def test_a_refusal_says_what_may_come_instead() -> None:
    with pytest.raises(MoveNotAllowed) as refused:
        lifecycle.check(RUN, old="PLANNED", new="COMPLETED")
    assert (
        refused.value.detail
        == "PLANNED cannot become COMPLETED. After PLANNED comes CANCELLED, FAILED, PAUSED, RUNNING."
    )
    assert (refused.value.code, refused.value.where) == ("move_not_allowed", {"from": "PLANNED", "to": "COMPLETED"})


def test_a_refusal_at_the_end_says_that_it_is_final() -> None:
    with pytest.raises(MoveNotAllowed, match="After PINNED comes nothing: it is final"):
        lifecycle.check(VERSION, old="PINNED", new="DRAFT")


def test_a_word_that_is_no_status_is_refused() -> None:
    with pytest.raises(MoveNotAllowed):
        lifecycle.check(RUN, old="RUNNING", new="SHIPPED")


@pytest.mark.parametrize(("kind", "final"), [(RUN, {"COMPLETED", "FAILED", "CANCELLED"}), (VERSION, {"PINNED"})])
def test_final_are_the_statuses_without_a_way_out(kind: str, final: set[str]) -> None:
    assert {status for status in TABLES[kind] if lifecycle.is_final(kind, status)} == final


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_a_table_names_no_status_that_it_does_not_have(kind: str) -> None:
    assert set().union(*TABLES[kind].values()) <= set(TABLES[kind])
