"""A trial ends once, whoever brings the news twice; a stranger ends none."""

from __future__ import annotations

from apps.projects.models import Project
from apps.registry import store
from apps.registry.models import Trial
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs

URL = "http://127.0.0.1:9/v1"


def test_a_trial_ends_once(project: Project, ada: Person) -> None:
    with acting(ada.who):
        trial = Trial.objects.create(version=runs.live(project, "small", URL))
        assert store.end_trial(trial.pk, fault="", words="It answered.", latency_ms=5.0, has_logprobs=None)
        assert not store.end_trial(trial.pk, fault="rate_limited", words="No.", latency_ms=None, has_logprobs=False)
        trial.refresh_from_db()
        assert (trial.fault, trial.words, trial.latency_ms, trial.has_logprobs) == ("", "It answered.", 5.0, None)
        assert trial.ended_at is not None


def test_a_stranger_ends_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        trial = Trial.objects.create(version=runs.live(project, "small", URL))
    with acting(cy.who):
        assert not store.end_trial(trial.pk, fault="", words="Mine.", latency_ms=None, has_logprobs=None)
    with acting(ada.who):
        trial.refresh_from_db()
        assert (trial.ended_at, trial.words) == (None, "")
