"""An error says what went wrong, where, and what to do, in a shape every door can read."""

from __future__ import annotations

import pytest

from apps.kernel import errors
from apps.kernel.errors import (
    Conflict,
    DistillHubError,
    Forbidden,
    InvalidInput,
    NotFound,
    Problem,
    StorageFull,
    Unavailable,
)

BRANCHES = {
    InvalidInput: "invalid_input",
    NotFound: "not_found",
    Forbidden: "forbidden",
    Conflict: "conflict",
    Unavailable: "unavailable",
    StorageFull: "storage_full",
}


def test_the_tree_has_six_branches_each_with_a_code_of_its_own() -> None:
    assert {
        branch: branch.code for branch in DistillHubError.__subclasses__() if branch.__module__ == errors.__name__
    } == BRANCHES


def test_no_branch_catches_another() -> None:
    for branch in BRANCHES:
        assert [other for other in BRANCHES if issubclass(branch, other)] == [branch]


def test_an_error_keeps_what_it_was_told() -> None:
    problem = Problem("row_empty", "row 3 is empty", {"row": 3})
    error = Conflict(
        "It stands already.", code="slug_taken", where={"field": "slug"}, fix="Choose another.", errors=[problem]
    )
    assert (error.detail, str(error), error.code) == ("It stands already.", "It stands already.", "slug_taken")
    assert (error.where, error.fix, error.errors) == ({"field": "slug"}, "Choose another.", (problem,))


def test_an_error_told_nothing_else_has_its_class_code_and_is_empty_elsewhere() -> None:
    error = NotFound("There is no run '9' here.")
    assert (error.code, error.where, error.fix, error.errors) == ("not_found", {}, None, ())


def test_the_place_of_an_error_is_its_own_copy() -> None:
    where = {"field": "slug"}
    error = InvalidInput("Wrong.", where=where)
    where["field"] = "other"
    assert error.where == {"field": "slug"}


def test_a_problem_is_written_flat_with_its_place() -> None:
    assert Problem("number_expected", "not a number", {"row": 3, "column": "latency_ms"}).as_json() == {
        "code": "number_expected", "detail": "not a number", "row": 3, "column": "latency_ms",
    }  # fmt: skip


def test_a_problem_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Problem("a", "b", {}).code = "c"  # type: ignore[misc]
