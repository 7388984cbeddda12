"""A lease runs out by the database's clock, and never before its holder had time to renew it after an outage."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.evals import expiry
from apps.evals.models import Batch
from apps.evals.store import leases
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.ids import new_id
from tests.conftest import Person
from tests.factories import runs

A_LIFETIME = 10**9


@pytest.fixture
def ended(project: Project, ada: Person) -> Batch:
    """A batch whose lease ended a second ago."""
    with acting(ada.who):
        run = runs.started(project)
        batch = leases.claim(run.id, holder=new_id())
        assert batch is not None
        assert not Batch.objects.filter(expiry.free(), pk=batch.pk).exists()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE evals_batch SET leased_until = now() - interval '1 second' WHERE id = %s", [batch.id]
            )
        return batch


def test_a_lease_that_ended_makes_its_batch_free(ended: Batch, ada: Person) -> None:
    with acting(ada.who):
        assert list(Batch.objects.filter(expiry.free())) == [ended]
        assert list(Batch.objects.filter(expiry.ran_out())) == [ended]


def test_after_an_outage_nobody_is_taken_for_dead_too_soon(ended: Batch, ada: Person, settings: object) -> None:
    settings.EVAL_GRACE_SECONDS = A_LIFETIME  # type: ignore[attr-defined]
    with acting(ada.who):
        assert not Batch.objects.filter(expiry.free()).exists()
        assert leases.claim(ended.run_id, holder=new_id()) is None


def test_what_was_given_back_is_free_even_then(ended: Batch, ada: Person, settings: object) -> None:
    settings.EVAL_GRACE_SECONDS = A_LIFETIME  # type: ignore[attr-defined]
    with acting(ada.who):
        Batch.objects.update(leased_until=None)
        assert list(Batch.objects.filter(expiry.free())) == [ended]


def test_a_stranger_sees_no_lease(ended: Batch, cy: Person) -> None:
    with acting(cy.who):
        assert not Batch.objects.filter(expiry.free()).exists()
