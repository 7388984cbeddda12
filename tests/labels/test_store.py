"""The lease on planting, by the database's clock."""

from __future__ import annotations

from apps.evals.models import EvalRun
from apps.kernel.evaluators.contract import Outcome
from apps.labels import loading, store
from apps.labels.execute import Verdict
from apps.labels.models import PlantedVerdict, Planting
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import labels


def run_of(project: Project, ada: Person) -> EvalRun:
    return labels.judged_run(ada.who, project)


def test_one_lease_at_a_time_and_again_when_it_ran_out(project: Project, ada: Person) -> None:
    run = run_of(project, ada)
    with acting(ada.who):
        assert store.claim(run.id) == 1
        assert store.claim(run.id) is None
        Planting.objects.filter(run=run).update(leased_until="2020-01-01T00:00:00Z")
        assert store.claim(run.id) == 2


def test_a_late_write_is_harmless_and_keeps_the_first(project: Project, ada: Person) -> None:
    run = run_of(project, ada)
    with acting(ada.who):
        asked = loading.left_to_ask(run.id)
        token = store.claim(run.id)
        assert token == 1
        store.keep(run.id, token, asked, [Verdict(Outcome(0.0))] * len(asked))
        store.keep(run.id, token, asked, [Verdict(Outcome(1.0))] * len(asked))
        assert set(PlantedVerdict.objects.values_list("value", flat=True)) == {0.0}
        assert Planting.objects.get().token == 0
    assert not store.is_given_up(store.ATTEMPTS)
    assert store.is_given_up(store.ATTEMPTS + 1)
