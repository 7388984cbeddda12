"""Anchors: drawn once from a run that can be trusted, asked again by later runs, and a judge that changed is caught."""

from __future__ import annotations

import json

import pytest

from apps.audit.models import AuditEvent
from apps.evals.models import EvalRun, Generation
from apps.evaluators import queries as evaluators
from apps.evaluators.models import AnchorSet
from apps.gates import actions as gates
from apps.gates import comparing
from apps.gates.models import GateDecision
from apps.kernel.errors import Conflict, DistillHubError, Forbidden, InvalidInput
from apps.kernel.evaluators.anchors import judge_digest
from apps.kernel.policy import TEMPLATES
from apps.labels import anchoring, checks
from apps.labels.models import AnchorVerdict
from apps.projects.models import Project
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import labels

JUDGE = "FactualAccuracy"


@pytest.fixture
def run(project: Project, ada: Person) -> EvalRun:
    """120 answers with a verdict, twelve of them fails; the judge answers as "m fp_1"."""
    wrong = [f"row-{number:04d}" for number in range(0, 60, 5)]
    rule = labels.told_as("m", "fp_1")
    return labels.checked(ada.who, labels.judged_run(ada.who, project, count=60, wrong=wrong, rule=rule), rule)


def sealed(run: EvalRun, ada: Person) -> tuple[Scorecard, GateDecision]:
    with acting(ada.who):
        card = scorecards.seal(run, assemble.card_of(run))
        version = gates.save_policy(run.project, slug="collect", document=TEMPLATES["collect-evidence"])
        return card, gates.decide(card, version=version)


def reasons(decision: GateDecision, ada: Person) -> tuple[set[str | None], str]:
    """The reasons of the judge's column and its first sentence."""
    with acting(ada.who):
        report = gates.queries.report_of(decision.scorecard, decision)
    column = [f for f in report["findings"] if f["evaluator"] == JUDGE and f["figure"] == "score"]
    return {finding["reason"] for finding in column}, column[0]["sentence"]


def test_a_set_is_pinned_with_its_verdicts_digest_and_names(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        drawn = anchoring.draw(run, evaluator=JUDGE)
        assert (drawn.size, drawn.revision, drawn.told) == (120, 1, ["m fp_1"])
        values = dict(drawn.members)
        assert sum(values.values()) == 108
        wrong = Generation.objects.filter(output="nonsense").values_list("id", flat=True)
        assert {values[str(identifier)] for identifier in wrong} == {0.0}
        event = AuditEvent.objects.get(event="anchors.pinned")
        assert json.loads(bytes(event.payload))["facts"]["digest"] == drawn.digest
        assert anchoring.draw(run, evaluator=JUDGE) == drawn
        assert AuditEvent.objects.filter(event="anchors.pinned").count() == 1


def test_a_judge_that_stayed_passes_its_anchors(run: EvalRun, ada: Person) -> None:
    rule = labels.told_as("m", "fp_1")
    with acting(ada.who):
        anchoring.draw(run, evaluator=JUDGE)
    again = labels.checked(ada.who, labels.once_more(ada.who, run, rule), rule)
    card, decision = sealed(again, ada)
    assert "judge_unreliable" not in reasons(decision, ada)[0]
    with acting(ada.who):
        found = checks.anchors_of(again)[JUDGE]
        assert (found.pairs, found.missing) == (((0.0, 0.0, 12), (1.0, 1.0, 108)), {})
        assert checks.anchors_of(run) == {}
        assert comparing.compare(sealed(run, ada)[0], card).incomparable == ()


def test_a_judge_that_grew_stricter_takes_its_column_with_it_and_cards_are_not_compared(
    run: EvalRun, ada: Person
) -> None:
    with acting(ada.who):
        anchoring.draw(run, evaluator=JUDGE)
    # Answers 7, 14, … 56 of both models, but for two that were wrong already and are no anchors of a pass.
    rule = labels.told_as("m", "fp_1", labels.stricter(every=7))
    again = labels.checked(ada.who, labels.once_more(ada.who, run, rule), rule)
    card, decision = sealed(again, ada)
    found, sentence = reasons(decision, ada)
    assert found == {"judge_unreliable"}
    assert sentence.startswith("Judge not reliable. The judge gave 16 of 120 stored answers another verdict than in ")
    with acting(ada.who):
        compared = comparing.compare(sealed(run, ada)[0], card)
        assert [(one.evaluator, one.code) for one in compared.incomparable] == [(JUDGE, "judge_drifted")]
        assert {turn.evaluator for turn in compared.turns} == {"ExactMatch"}
        assert {change.evaluator for change in (*compared.rows.mended, *compared.rows.broken)} <= {"ExactMatch"}


def test_a_provider_that_answers_under_another_name_is_another_judge(run: EvalRun, ada: Person) -> None:
    with acting(ada.who):
        anchoring.draw(run, evaluator=JUDGE)
    rule = labels.told_as("m", "fp_2")
    _, decision = sealed(labels.checked(ada.who, labels.once_more(ada.who, run, rule), rule), ada)
    found, sentence = reasons(decision, ada)
    assert found == {"judge_unreliable"}
    assert "The judge answers as 'm fp_2'; in " in sentence


def test_too_many_answers_whose_text_is_gone_leave_the_judge_unknown(run: EvalRun, ada: Person) -> None:
    rule = labels.told_as("m", "fp_1")
    with acting(ada.who):
        drawn = anchoring.draw(run, evaluator=JUDGE)
        gone = [identifier for identifier, _ in drawn.members[:13]]
        Generation.objects.filter(pk__in=gone).update(output=None)
    again = labels.checked(ada.who, labels.once_more(ada.who, run, rule), rule)
    _, decision = sealed(again, ada)
    found, sentence = reasons(decision, ada)
    assert found == {"judge_unreliable"}
    assert "13 of 120 stored answers have no verdict now (13 whose text is gone)" in sentence
    with acting(ada.who):
        rows = AnchorVerdict.objects.filter(run=again, reason="anchor_text_gone")
        assert set(rows.values_list("value", "judge_cost_usd")) == {(None, None)}


def test_new_anchors_need_a_reason_and_later_runs_alone_use_them(run: EvalRun, ada: Person) -> None:
    rule = labels.told_as("m", "fp_2")
    with acting(ada.who):
        first = anchoring.draw(run, evaluator=JUDGE)
    again = labels.checked(ada.who, labels.once_more(ada.who, run, rule), rule)
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused:
            anchoring.draw(again, evaluator=JUDGE, because="  ")
        assert refused.value.code == "anchors_need_reason"
        assert AnchorSet.objects.count() == 1
        second = anchoring.draw(again, evaluator=JUDGE, because="The provider moved us to fp_2.")
        assert (second.revision, second.told, second.because) == (2, ["m fp_2"], "The provider moved us to fp_2.")
        (entry,) = checks.judges(run)
        assert checks.set_of(again, entry) == first
        assert evaluators.anchors_of(run.project_id, judge_digest(entry)) == second
        assert list(evaluators.anchor_sets(run.project)) == [second, first]
    later = labels.checked(ada.who, labels.once_more(ada.who, run, rule), rule)
    card, decision = sealed(later, ada)
    assert "judge_unreliable" not in reasons(decision, ada)[0]
    with acting(ada.who):
        compared = comparing.compare(sealed(run, ada)[0], card)
        assert [one.code for one in compared.incomparable] == ["anchors_replaced"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"evaluator": "Nobody"}, "evaluator_unknown"),
        ({"evaluator": "ExactMatch"}, "judge_missing"),
        ({"evaluator": JUDGE, "size": 99}, "anchors_size"),
        ({"evaluator": JUDGE, "size": 401}, "anchors_size"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(run: EvalRun, ada: Person, given: dict, code: str) -> None:
    with acting(ada.who):
        with pytest.raises(DistillHubError) as refused:
            anchoring.draw(run, **given)
        assert refused.value.code == code
        assert AnchorSet.objects.count() == 0


def test_a_judge_that_was_not_checked_or_not_believed_gives_no_anchors(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10)
    with acting(ada.who), pytest.raises(Conflict) as refused:
        anchoring.draw(run, evaluator=JUDGE)
    assert refused.value.code == "judge_unchecked"
    labels.checked(ada.who, run, labels.obedient)
    with acting(ada.who), pytest.raises(Conflict) as refused:
        anchoring.draw(run, evaluator=JUDGE)
    assert refused.value.code == "judge_unreliable"


def test_a_run_with_too_few_verdicts_gives_no_anchors(project: Project, ada: Person) -> None:
    run = labels.checked(ada.who, labels.judged_run(ada.who, project, count=10))
    with acting(ada.who), pytest.raises(InvalidInput) as refused:
        anchoring.draw(run, evaluator=JUDGE)
    assert refused.value.code == "anchors_too_few"


def test_a_viewer_draws_nothing(run: EvalRun, ada: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(viewer.who):
        with pytest.raises(Forbidden):
            anchoring.draw(run, evaluator=JUDGE)
        assert AnchorSet.objects.count() == 0


def test_a_stranger_sees_nothing_and_draws_nothing(run: EvalRun, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        anchoring.draw(run, evaluator=JUDGE)
    labels.checked(ada.who, labels.once_more(ada.who, run))
    with acting(cy.who):
        assert (AnchorSet._base_manager.count(), AnchorVerdict._base_manager.count()) == (0, 0)
        assert list(evaluators.anchor_sets(run.project)) == []
        assert checks.anchors_of(run) == {}
        with pytest.raises(DistillHubError):
            anchoring.draw(run, evaluator=JUDGE, size=100)
    with acting(ada.who):
        assert AnchorSet.objects.count() == 1
