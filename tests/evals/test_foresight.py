"""What can be said before a run: its tokens, its time from earlier answers, and how many answers need not be asked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.evals import coordinate, foresight
from apps.evals.models import EvalRun, Generation
from apps.kernel.errors import InvalidInput
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.registry.models import Endpoint
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs
from tests.fakes import upstream


@pytest.fixture
def parts(ada: Person, project: Project) -> Iterator[dict[str, Any]]:
    """Two live models behind one upstream, and rows to ask them about."""
    with upstream.serving(lambda request: "yes") as server, acting(ada.who):
        yield pieces(project, server.base_url)


def pieces(project: Project, base_url: str) -> dict[str, Any]:
    return {
        "dataset": runs.pinned(project),
        "teacher": runs.live(project, "big", base_url, concurrency=4),
        "student": runs.live(project, "small", base_url, concurrency=2),
        "suite": runs.suite(project),
    }


@pytest.fixture
def answered(ada: Person, project: Project) -> dict[str, Any]:
    """The same, with a run over them that is done; every answer took a second, the slowest two ten."""
    with upstream.serving(lambda request: "yes") as server:
        with acting(ada.who):
            found = pieces(project, server.base_url)
            run = runs.evals.start_run(project, **found)
        assert coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        Generation.objects.update(latency_ms=1000.0)
        slow = Generation.objects.order_by("example__key")[:2].values_list("id", flat=True)
        Generation.objects.filter(pk__in=list(slow)).update(latency_ms=10_000.0)
    return found


def test_models_that_were_never_called_leave_the_time_open(parts: dict[str, Any]) -> None:
    found = foresight.of_run(**parts, repeats=2)
    assert (found.estimate.calls, found.seconds, found.reusable) == (24, None, None)
    # 24 questions of ten characters at 5 to 3 a token, each side rounded up; 1 to 512 tokens an answer.
    assert (found.tokens_in, found.tokens_out) == ((48, 80), (24, 24 * 512))


def test_the_time_is_taken_from_earlier_answers(ada: Person, answered: dict[str, Any]) -> None:
    with acting(ada.who):
        least, most = foresight.of_run(**answered).seconds or (None, None)
    # Six calls each: at one second four or two at once; one of six answers of each side took ten seconds.
    assert (least, most) == (3.0, 3.0)


def test_a_rate_that_the_endpoint_sets_is_kept(ada: Person, answered: dict[str, Any]) -> None:
    with acting(ada.who):
        Endpoint.objects.update(requests_per_minute=60)
        answered["student"].endpoint.refresh_from_db()
        assert foresight.of_run(**answered).seconds == (6.0, 6.0)


def test_answers_that_stand_need_not_be_asked(ada: Person, answered: dict[str, Any]) -> None:
    with acting(ada.who):
        assert foresight.of_run(**answered, reuse_answers=True).reusable == 12
        # A second repeat and another seed are other requests.
        assert foresight.of_run(**answered, reuse_answers=True, repeats=2).reusable == 12
        assert foresight.of_run(**answered, reuse_answers=True, seed=7).reusable == 0
        assert EvalRun.objects.count() == 1


def test_a_large_dataset_is_not_searched(
    ada: Person, answered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foresight, "REUSE_EXAMPLES", 5)
    with acting(ada.who):
        assert foresight.of_run(**answered, reuse_answers=True).reusable is None


def test_a_strangers_answers_are_never_found(ada: Person, cy: Person, answered: dict[str, Any]) -> None:
    with acting(cy.who):
        theirs = pieces(projects.open_project(slug="theirs"), answered["student"].endpoint.base_url)
        found = foresight.of_run(**theirs, reuse_answers=True)
    assert (found.reusable, found.seconds) == (0, None)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"repeats": 11}, "out_of_range"),
        ({"seed": -1}, "out_of_range"),
        ({"purpose": "fun"}, "purpose_unknown"),
        ({"budget_usd": Decimal(1)}, "answer_unlimited"),
    ],
)
def test_terms_are_refused_as_starting_would(parts: dict[str, Any], terms: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        foresight.of_run(**parts, **terms)
    assert refused.value.code == code
