"""Versions are found by the names people use, and evidence asks for a pinned one."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.datasets import actions, queries
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.datasets.test_actions import imported
from tests.factories import runs


def test_slug_number_v_and_id_name_a_version(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first, second = imported(project, runs.golden_rows(4)), imported(project, runs.golden_rows(6))
        assert queries.version(project, "golden").pk == second.pk
        for reference in ("golden@1", "golden-v1", first.public_id):
            assert queries.version(project, reference).pk == first.pk
        assert [str(row) for row in queries.versions(project)] == ["golden@2", "golden@1"]


def test_a_slug_that_ends_like_a_version_is_found_too(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = imported(project, runs.golden_rows(4), slug="rag-v2")
        assert queries.version(project, "rag-v2").pk == version.pk
        assert queries.version(project, "rag-v2@1").pk == version.pk


@pytest.mark.parametrize("reference", ["golden@9", "none", "", "dsv_" + "0" * 32, "golden@", "golden@99999999999"])
def test_anything_else_is_not_found(project: Project, ada: Person, reference: str) -> None:
    with acting(ada.who):
        imported(project, runs.golden_rows(4))
        with pytest.raises(NotFound):
            queries.version(project, reference)


def test_a_stranger_finds_no_version_by_any_name(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        version = imported(project, runs.golden_rows(4))
    with acting(cy.who):
        for reference in ("golden", "golden@1", version.public_id):
            with pytest.raises(NotFound):
                queries.version(project, reference)


def test_a_draft_is_no_evidence(project: Project, ada: Person) -> None:
    with acting(ada.who):
        draft = imported(project, runs.golden_rows(4))
        with pytest.raises(queries.DatasetNotPinned) as refused:
            queries.require_pinned(draft)
        queries.require_pinned(actions.pin_version(draft))
    assert refused.value.fix == "Pin golden@1 first."


def test_content_keeps_what_was_given_and_drops_what_was_not(project: Project, ada: Person) -> None:
    rows = [{"id": "a", "cohort": "c", "input": "q", "reference": ["x", "y"], "source_ref": "file.py:3"}]
    with acting(ada.who):
        version = imported(project, rows)
        assert queries.examples(version).get().content == {
            "input": "q",
            "reference": ["x", "y"],
            "source_ref": "file.py:3",
        }
        assert [row.name for row in queries.cohorts(version)] == ["c"]


def test_a_version_pinned_later_is_found_and_a_draft_is_not(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first = runs.pinned(project)
        moment = timezone.now()
        assert queries.pinned_after(first, moment) is None
        second = runs.pinned(project, runs.golden_rows(8))
        assert queries.pinned_after(first, moment) == second
        assert queries.pinned_after(first, timezone.now()) is None
        assert queries.pinned_after(second, moment) is None
