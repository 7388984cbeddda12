"""Policies by reference, verdicts newest first."""

from __future__ import annotations

import pytest

from apps.gates import actions, queries
from apps.kernel.errors import NotFound
from apps.kernel.policy import TEMPLATES, parse
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs
from tests.gates.test_actions import LENIENT


@pytest.mark.parametrize("reference", ["release@9", "other", "release@x", "@1", ""])
def test_an_unknown_policy_is_not_found(project: Project, ada: Person, reference: str) -> None:
    with acting(ada.who):
        actions.save_policy(project, slug="release", document=TEMPLATES["release"])
        with pytest.raises(NotFound):
            queries.policy_version(project, reference)


def test_the_newest_verdict_on_a_card_is_the_one_shown(project: Project, ada: Person) -> None:
    first = runs.judged(ada.who, project)
    with acting(ada.who):
        strict = actions.save_policy(project, slug="strict", document=TEMPLATES["strict"])
        second = actions.decide(first.scorecard, version=strict)
        assert queries.latest(first.scorecard).pk == second.pk
        assert [row.pk for row in queries.decisions(project)] == [second.pk, first.pk]


def test_a_policy_reads_back_as_the_value_it_was(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = actions.save_policy(project, slug="release", document=TEMPLATES["release"])
        assert queries.policy_value(version).digest == version.digest


def test_a_saved_policy_goes_before_a_template_of_its_name(project: Project, ada: Person) -> None:
    with acting(ada.who):
        assert queries.policy_named(project, "release").digest == parse(TEMPLATES["release"]).digest
        saved = actions.save_policy(project, slug="release", document=TEMPLATES["strict"])
        for reference in ("release", "release@1", saved.public_id):
            assert queries.policy_named(project, reference).digest == saved.digest
        with pytest.raises(NotFound) as refused:
            queries.policy_named(project, "release@2")
        assert refused.value.fix == "Templates are: release, strict, collect-evidence."


def test_a_strangers_policy_is_no_policy(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        saved = actions.save_policy(project, slug="mine", document=TEMPLATES["release"])
    with acting(cy.who):
        for reference in ("mine", "mine@1", saved.public_id):
            with pytest.raises(NotFound):
                queries.policy_named(project, reference)


def test_a_proposal_reads_the_newest_verdict(project: Project, ada: Person) -> None:
    card = runs.sealed(ada.who, project)
    with acting(ada.who):
        assert queries.proposal_of(card).blocked_by == ("verdict",)
        actions.decide(card, version=actions.save_policy(project, slug="lenient", document=LENIENT))
        found = queries.proposal_of(card)
    # Six rows without a loss stay below a margin of 50 points; a pass of all traffic clears every cohort.
    assert (found.cohorts, found.traffic, found.blocked_by) == (("gold", "plain"), 1.0, ())
