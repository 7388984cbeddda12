"""A leased batch becomes plain values: examples in key order, both arms, the frozen prices and the suite."""

from __future__ import annotations

from decimal import Decimal

from apps.evals import loading
from apps.evaluators import actions as evaluators
from apps.projects.models import Project
from apps.registry import actions as registry
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.store.test_leases import claimed, loaded
from tests.factories import runs


def test_recorded_arms_carry_the_answers_of_their_batch(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project, wrong=["row-0002"])
        work = loaded(run)
    assert [task.key for task in work.tasks] == [f"row-{number:04d}" for number in range(6)]
    teacher, student = work.frame.arms
    assert (teacher.role, teacher.address, teacher.price) == ("teacher", None, None)
    assert student.recorded["row-0002"].output == "nonsense"
    assert student.recorded["row-0002"].usage.input_tokens == 10
    assert work.frame.entries[0].name == "ExactMatch"


def test_a_live_arm_carries_its_address_its_opened_credential_and_the_frozen_price(
    project: Project, ada: Person
) -> None:
    with acting(ada.who):
        provider = registry.register_provider(slug="p")
        endpoint = registry.register_endpoint(
            provider, slug="e", base_url="http://127.0.0.1:9/v1", credential="sk-secret", concurrency=3
        )
        assert "sk-secret" not in endpoint.credential
        live = registry.register_version(registry.register_model(project, slug="live"), endpoint=endpoint)
        run = runs.evals.start_run(
            project,
            dataset=runs.pinned(project),
            teacher=live,
            student=runs.live(project, "small", "http://127.0.0.1:9/v1"),
            suite=runs.suite(project),
            allow_unpriced=True,
        )
        teacher, student = loaded(run).frame.arms
    assert (teacher.address.base_url, teacher.address.credential, teacher.address.concurrency) == (
        "http://127.0.0.1:9/v1",
        "sk-secret",
        3,
    )
    assert teacher.price is None
    assert (student.price.input_usd_per_mtok, student.price.output_usd_per_mtok) == (Decimal(1), Decimal(2))


def test_a_judge_is_loaded_with_its_address(project: Project, ada: Person) -> None:
    with acting(ada.who):
        judge = runs.live(project, "judge", "http://127.0.0.1:9/v1")
        grounded = evaluators.configure(project, name="Facts", kind="factual_accuracy", judge_version_id=judge.id)
        suite = evaluators.freeze_suite(project, slug="judged", entries=[evaluators.Entry(grounded)])
        rows = runs.golden_rows()
        run = runs.evals.start_run(
            project,
            dataset=runs.pinned(project, rows),
            teacher=runs.recorded(project, "big", runs.output_rows(rows)),
            student=runs.recorded(project, "small", runs.output_rows(rows, model="small")),
            suite=suite,
        )
        entry = loaded(run).frame.entries[0]
    assert entry.judge.address.base_url == "http://127.0.0.1:9/v1"
    assert entry.judge.price.input_usd_per_mtok == Decimal(1)


def test_a_stranger_loads_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch, frame = claimed(run), loading.frame_of(run)
    with acting(cy.who):
        assert loading.work_of(batch, run, frame).tasks == ()
