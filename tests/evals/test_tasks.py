"""Messages may come late, twice or never: rows decide what happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models import F

from apps.evals import actions, tasks
from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.evals.models import EvalRun, Generation, Seat
from apps.gates import tasks as gate_tasks
from apps.gates.models import GateDecision
from apps.kernel import lifecycle
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.scorecards import tasks as scorecard_tasks
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from apps.tenancy.models import Share
from apps.tenancy.queries import as_machine
from apps.tenancy.store import create_organization
from tests.conftest import Person
from tests.factories import runs


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What is sent to the broker, in order."""
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr("apps.tenancy.tasking._send", lambda name, arguments: sent.append((name, *arguments)))
    return sent


def test_three_deliveries_of_each_message_have_the_effect_of_one(
    project: Project, ada: Person, rung: list[tuple[str, ...]], django_capture_on_commit_callbacks: object
) -> None:
    with acting(ada.who):
        run = runs.started(project, wrong=["row-0001"])
    organization = str(ada.organization.id)
    for _ in range(3):
        tasks.work(organization, str(run.id))
    for _ in range(3):
        scorecard_tasks.seal(organization, str(run.id))
    with acting(ada.who):
        card = Scorecard.objects.get()
    for _ in range(3):
        gate_tasks.decide(organization, str(card.id))
    with acting(ada.who):
        assert EvalRun.objects.get().status == lifecycle.COMPLETED
        assert (Generation.objects.count(), GateDecision.objects.count()) == (12, 1)


def test_the_sweeper_rings_for_what_waits(
    project: Project, ada: Person, rung: list[tuple[str, ...]], django_capture_on_commit_callbacks: object
) -> None:
    with acting(ada.who):
        run = runs.started(project)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.ring()
    assert rung == [], "its first message is on its way"
    with acting(ada.who):
        Seat.objects.filter(run=run, number=0).update(rung_at=run.created_at - timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.ring()
    assert rung == [("evals.work", str(ada.organization.id), str(run.id), "0", "2")]


def test_a_completed_run_leads_to_its_scorecard(
    project: Project, ada: Person, rung: list[tuple[str, ...]], django_capture_on_commit_callbacks: object
) -> None:
    with acting(ada.who):
        run = runs.started(project)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.work(str(ada.organization.id), str(run.id))
    assert rung == [("scorecards.seal", str(ada.organization.id), str(run.id))]


def test_another_organizations_run_is_not_found(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    with pytest.raises(EvalRun.DoesNotExist):
        tasks.work(str(cy.organization.id), str(run.id))
    with acting(ada.who):
        assert Generation.objects.count() == 0


def test_a_message_serves_the_organization_that_had_least_and_acts_for_it_alone(
    project: Project, ada: Person, cy: Person, rung: list[tuple[str, ...]], django_capture_on_commit_callbacks: object
) -> None:
    with acting(ada.who):
        mine = runs.started(project)
    with acting(cy.who):
        theirs = runs.started(projects.open_project(slug="theirs"))
    Share.objects.filter(organization=ada.organization).update(served_ms=60_000)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.work(str(ada.organization.id), str(mine.id))
    assert rung == [("scorecards.seal", str(cy.organization.id), str(theirs.id))]
    with acting(ada.who):
        assert (Generation.objects.count(), EvalRun.objects.get().status) == (0, lifecycle.PLANNED)
    with acting(cy.who):
        assert (Generation.objects.count(), EvalRun.objects.get().status) == (12, lifecycle.COMPLETED)
    tasks.work(str(cy.organization.id), str(theirs.id))
    with acting(ada.who):
        assert EvalRun.objects.get().status == lifecycle.COMPLETED
    turns = dict(Share.objects.values_list("organization", "turns"))
    assert turns == {ada.organization.id: 1, cy.organization.id: 1}


def test_a_message_passes_over_who_has_nothing_any_more(
    project: Project, ada: Person, cy: Person, rung: list[tuple[str, ...]]
) -> None:
    with acting(cy.who):
        actions.cancel_run(runs.started(projects.open_project(slug="theirs")), because="enough")
    with acting(ada.who):
        run = runs.started(project)
    Share.objects.filter(organization=ada.organization).update(served_ms=60_000)
    tasks.work(str(ada.organization.id), str(run.id))
    with acting(ada.who):
        assert EvalRun.objects.get().status == lifecycle.COMPLETED
    assert not Share.objects.get(organization=cy.organization).is_waiting


def test_a_message_finds_its_work_behind_any_number_that_have_nothing_any_more(
    project: Project, ada: Person, rung: list[tuple[str, ...]]
) -> None:
    with acting(ada.who):
        run = runs.started(project)
    idle = [create_organization(slug=f"idle-{number}", name="Idle") for number in range(3 * tasks.MOST_LOOKS)]
    Share.objects.bulk_create(Share(organization=one, queue=ANSWERING, is_waiting=True) for one in idle)
    Share.objects.filter(organization=ada.organization).update(served_ms=60_000)
    tasks.work(str(ada.organization.id), str(run.id))
    with acting(ada.who):
        assert EvalRun.objects.get().status == lifecycle.COMPLETED
    assert not Share.objects.filter(organization__in=idle, is_waiting=True).exists()


def test_a_message_is_given_up_where_somebody_else_takes_all_that_waits(
    project: Project, ada: Person, rung: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting(ada.who):
        run = runs.started(project)
    looks: list[str] = []
    monkeypatch.setattr("apps.evals.store.seats.take", lambda stage, *, holder: looks.append(stage))
    tasks.work(str(ada.organization.id), str(run.id))
    assert looks == [ANSWERING] * tasks.MOST_LOOKS
    assert Share.objects.get(organization=ada.organization).is_waiting


@pytest.mark.parametrize(
    ("whose", "stage", "ends"),
    [
        ("this run's next seat", ANSWERING, False),
        ("another run's", ANSWERING, True),
        ("another run's", MEASURING, True),
        ("another run's", JUDGING, False),
        ("another organization's", ANSWERING, True),
        ("another organization's", MEASURING, True),
        ("another organization's", JUDGING, False),
    ],
)
def test_a_slice_that_had_its_turn_ends_for_others_in_its_queue_alone(
    project: Project, ada: Person, cy: Person, settings: object, whose: str, stage: str, ends: bool
) -> None:
    settings.EVAL_SLICE_SECONDS = 0.0  # type: ignore[attr-defined]
    machine = as_machine(ada.organization.id, "worker")
    with acting(ada.who):
        run = runs.started(project)
        Seat.objects.update(served=F("rung"))
        other = run if whose.startswith("this") else runs.started(project)
        Seat.objects.update(served=F("rung"))
    Share.objects.update(is_waiting=False)
    reason = tasks._reason_to_end(machine, run.id, ANSWERING)
    if "organization" in whose:
        create = Share.objects.update_or_create
        create(organization=cy.organization, queue=stage, defaults={"is_waiting": True})
    else:
        with acting(ada.who):
            Seat.objects.update_or_create(run=other, stage=stage, number=1, defaults={"rung": 1, "served": 0})
    assert reason() == ("others_wait" if ends else None)


def test_a_slice_that_cannot_ask_goes_on(
    project: Project, ada: Person, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database restarts, say: whoever keeps results waits for it, and nothing is given up for a look."""

    def away(*_: object) -> bool:
        raise OperationalError("the database is away")

    settings.EVAL_SLICE_SECONDS = 0.0  # type: ignore[attr-defined]
    with acting(ada.who):
        run = runs.started(project)
    monkeypatch.setattr("apps.tenancy.store.do_others_wait", away)
    assert tasks._reason_to_end(as_machine(ada.organization.id, "worker"), run.id, ANSWERING)() is None


def test_an_organization_whose_work_is_all_taken_waits_no_longer(
    project: Project, ada: Person, rung: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting(ada.who):
        run = runs.started(project)
    seen: list[bool] = []
    monkeypatch.setattr(tasks, "_slice", lambda *_: seen.append(Share.objects.get().is_waiting))
    tasks.work(str(ada.organization.id), str(run.id))
    assert seen == [False]
