"""The gate's task asks the newest version of the policy that the run named."""

from __future__ import annotations

import pytest

from apps.gates import actions, tasks
from apps.gates.models import GateDecision
from apps.kernel.policy import TEMPLATES
from apps.projects.models import Project
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


def test_the_named_policys_newest_version_is_asked(project: Project, ada: Person) -> None:
    card = runs.sealed(ada.who, project)
    with acting(ada.who):
        actions.save_policy(project, slug="release", document=TEMPLATES["strict"])
    tasks.decide(str(ada.organization.id), str(card.id))
    with acting(ada.who):
        assert str(GateDecision.objects.get().policy_version) == "release@2"


def test_another_organizations_card_is_not_found(project: Project, ada: Person, cy: Person) -> None:
    card = runs.sealed(ada.who, project)
    with pytest.raises(Scorecard.DoesNotExist):
        tasks.decide(str(cy.organization.id), str(card.id))
