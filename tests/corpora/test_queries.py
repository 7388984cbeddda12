"""What is known of corpora: by model, by dataset, together."""

from __future__ import annotations

import pytest

from apps.corpora import queries
from apps.kernel.reading.refusal import FileRefused
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.corpora.test_actions import checked, student
from tests.factories import runs


def test_a_corpus_that_was_never_compared_is_not_a_clean_one(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version, dataset = student(project), runs.pinned(project)
        assert queries.known(version, dataset) is None
        checked(version, dataset, b'{"input": "something else"}\n')
        known = queries.known(version, dataset)
        assert known is not None
        assert known.keys == frozenset()


def test_checks_are_listed_for_the_model_and_for_the_rows(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version, dataset = student(project), runs.pinned(project)
        check = checked(version, dataset)
        assert [one.pk for one in queries.of_model(version)] == [check.pk]
        assert [one.pk for one in queries.of_dataset(dataset)] == [check.pk]
        assert str(check) == "train.jsonl of small@1"


def test_a_bad_file_is_refused_with_its_row(project: Project, ada: Person) -> None:
    with acting(ada.who), pytest.raises(FileRefused) as refused:
        queries.compare(runs.pinned(project), file_name="t.jsonl", chunks=[b'{"input": "a"}\n{'])
    assert refused.value.where == {"row": 2}
