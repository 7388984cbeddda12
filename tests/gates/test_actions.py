"""Policies are kept by version; a verdict is reached once and read back verbatim."""

from __future__ import annotations

import json

import pytest

from apps.audit.models import AuditEvent
from apps.evals import coordinate
from apps.evals.models import Generation
from apps.gates import actions, queries
from apps.gates.models import GateDecision, GatePolicyVersion
from apps.kernel import gate, report
from apps.kernel.errors import Forbidden, InvalidInput, NotFound
from apps.kernel.policy import TEMPLATES
from apps.projects.models import Project
from apps.scorecards import queries as scorecards
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import runs

LENIENT = {
    "name": "lenient",
    "rules": [
        {"id": "all", "kind": "prove", "figure": "score", "scope": "global", "evaluators": "primary", "margin": 0.5}
    ],
}


def test_the_same_document_is_the_same_version(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first = actions.save_policy(project, slug="release", document=TEMPLATES["release"])
        same = actions.save_policy(project, slug="release", document=TEMPLATES["release"])
        other = actions.save_policy(project, slug="release", document=TEMPLATES["strict"])
        assert (first.number, same.pk, other.number) == (1, first.pk, 2)
        assert str(queries.policy_version(project, "release")) == "release@2"
        assert str(queries.policy_version(project, "release@1")) == "release@1"


def test_a_bad_document_is_refused_with_its_pointer_and_nothing_is_kept(project: Project, ada: Person) -> None:
    document = {"name": "x", "rules": [{**LENIENT["rules"][0], "margin": 3}]}
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused:
            actions.save_policy(project, slug="x", document=document)
        assert refused.value.code == "margin_suspicious"
        assert refused.value.where["pointer"] == "/rules/0/margin"
        assert GatePolicyVersion.objects.count() == 0


def test_a_student_that_loses_much_fails_and_one_alike_stays_unproved(project: Project, ada: Person) -> None:
    rows = runs.golden_rows(40)
    bad = runs.judged(ada.who, project, rows=rows, wrong=[row["id"] for row in rows[:30]])
    alike = runs.judged(ada.who, project, rows=rows)
    assert (bad.verdict, alike.verdict) == ("fail", "inconclusive")


def test_a_wide_margin_over_enough_rows_passes(project: Project, ada: Person) -> None:
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(40))
    with acting(ada.who):
        decision = actions.decide(card, version=actions.save_policy(project, slug="lenient", document=LENIENT))
    assert decision.verdict == "pass"


def test_asking_again_returns_the_verdict_that_stands(project: Project, ada: Person) -> None:
    decision = runs.judged(ada.who, project)
    with acting(ada.who):
        again = actions.decide(decision.scorecard, version=decision.policy_version)
        assert again.pk == decision.pk
        assert AuditEvent.objects.filter(event="gate.decided").count() == 1


def test_the_stored_report_is_what_the_kernel_says_of_the_stored_card(project: Project, ada: Person) -> None:
    decision = runs.judged(ada.who, project, wrong=["row-0001"])
    with acting(ada.who):
        value = scorecards.value(decision.scorecard)
        stored = queries.report_of(decision.scorecard, decision)
        around = gate.Circumstances.from_document(stored["circumstances"])
        decided = gate.decide(value, queries.policy_value(decision.policy_version), around)
    assert stored == json.loads(json.dumps(report.report(value, decided)))
    assert stored["verdict"] == decision.verdict
    assert stored["digest"] == decision.scorecard.digest


def test_a_card_no_gate_was_asked_about_has_no_verdict(project: Project, ada: Person) -> None:
    card = runs.sealed(ada.who, project)
    with acting(ada.who):
        assert queries.latest(card) is None
        assert queries.report_of(card, None)["verdict"] is None


def test_a_member_may_ask_but_not_change_the_policy(project: Project, ada: Person) -> None:
    member = person("mel@acme.test", ada.organization, Role.MEMBER)
    card = runs.sealed(ada.who, project)
    with acting(ada.who):
        version = actions.save_policy(project, slug="release", document=TEMPLATES["release"])
    with acting(member.who):
        assert actions.decide(card, version=version).verdict == "inconclusive"
        with pytest.raises(Forbidden):
            actions.save_policy(project, slug="release", document=LENIENT)


def test_a_stranger_finds_neither_policy_nor_verdict(project: Project, ada: Person, cy: Person) -> None:
    runs.judged(ada.who, project)
    with acting(cy.who):
        assert GateDecision._base_manager.count() == 0
        with pytest.raises(NotFound):
            queries.policy_version(project, "release")


def test_a_student_that_times_out_fails_a_limit_that_its_answers_hold(project: Project, ada: Person) -> None:
    """All answers that came took 100 ms; one in ten never came. The teacher has no times at all."""
    with acting(ada.who):
        run = runs.started(project, rows=runs.golden_rows(400))
    assert coordinate.work(ada.who, run.id, seconds=60)
    rule = {"id": "p95", "kind": "prove", "figure": "latency", "at_most_ms": 500, "quantile": 0.95}
    with acting(ada.who):
        run.refresh_from_db()
        late = [f"row-{number:04d}" for number in range(0, 400, 10)]
        answers = Generation.objects.filter(run=run)
        answers.filter(role="teacher").update(latency_ms=None)
        answers.filter(role="student", example__key__in=late).update(latency_ms=None, fault="upstream_deadline")
        card = runs.scorecards.seal(run, runs.assemble.card_of(run))
        version = actions.save_policy(project, slug="fast", document={"name": "fast", "rules": [rule]})
        verdict = actions.decide(card, version=version)
    [finding] = json.loads(bytes(verdict.report))["findings"]
    assert (verdict.verdict, finding["value_ms"], finding["at_most_ms"]) == ("fail", None, 500.0)
    assert "40 of them timed out" in finding["sentence"]
