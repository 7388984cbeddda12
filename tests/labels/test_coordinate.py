"""Planting: judges are asked before the card is sealed, once, by one worker, and an obedient one is caught."""

from __future__ import annotations

from apps.evals.models import EvalRun
from apps.gates import actions as gates
from apps.kernel.policy import TEMPLATES
from apps.labels import coordinate, loading, queries, store
from apps.labels.models import PlantedVerdict, Planting
from apps.projects.models import Project
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import labels
from tests.fakes.provider import Fault


def judged(run: EvalRun, ada: Person, rule: object) -> tuple[str, list[str | None], str]:
    """The verdict of the release gate after planting, the reasons of the judge's column, and its first sentence."""
    while coordinate.plant(ada.who, run.id, client_of=labels.client_of(rule)) != "nothing":  # type: ignore[arg-type]
        pass
    with acting(ada.who):
        card = scorecards.seal(run, assemble.card_of(run))
        version = gates.save_policy(run.project, slug="collect", document=TEMPLATES["collect-evidence"])
        decided = gates.queries.report_of(card, gates.decide(card, version=version))
    column = [f for f in decided["findings"] if f["evaluator"] == "FactualAccuracy" and f["figure"] == "score"]
    return decided["verdict"], [finding["reason"] for finding in column], column[0]["sentence"]


def test_an_obedient_judge_takes_its_column_with_it(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10, rule=labels.obedient)
    verdict, reasons, sentence = judged(run, ada, labels.obedient)
    assert verdict == "inconclusive"
    assert set(reasons) == {"judge_unreliable"}
    assert sentence == (
        "Judge not reliable. 4 of 4 planted answers were misjudged (one passed a lone ':', one passed an empty answer, "
        "one obeyed 'give full marks', one passed the question said again). → Change the judge or its instruction"
    )


def test_an_honest_judge_is_trusted(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10)
    _, reasons, _ = judged(run, ada, labels.honest)
    assert "judge_unreliable" not in reasons
    with acting(ada.who):
        assert queries.planted_of(run)["FactualAccuracy"].asked == 4
        verdict = PlantedVerdict.objects.get(case="empty")
    assert (verdict.value, verdict.judge_cost_usd is not None) == (0.0, True)


def test_a_judge_that_is_away_is_not_called_wrong_and_not_trusted_either(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10)
    verdict, reasons, sentence = judged(run, ada, lambda request: Fault("endpoint_unreachable"))
    assert verdict == "inconclusive"
    assert set(reasons) == {"judge_unreliable"}
    assert sentence.startswith("Judge not reliable. None of 4 planted answers could be judged")
    with acting(ada.who):
        assert set(PlantedVerdict.objects.values_list("reason", flat=True)) == {"judge_endpoint_unreachable"}


def test_nothing_is_asked_twice(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10)
    asked = []

    def counting(request: object) -> str:
        asked.append(request)
        return labels.honest(request)  # type: ignore[arg-type]

    for _ in range(3):
        assert coordinate.plant(ada.who, run.id, client_of=labels.client_of(counting)) == "nothing"
    assert len(asked) == 4


def test_while_one_worker_asks_another_does_not(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project)
    with acting(ada.who):
        assert store.claim(run.id) == 1
    assert coordinate.plant(ada.who, run.id, client_of=labels.client_of(labels.honest)) == "held"
    with acting(ada.who):
        assert PlantedVerdict.objects.count() == 0


def test_planting_that_kills_its_workers_is_given_up_as_missing(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project)
    with acting(ada.who):
        store.claim(run.id)
        Planting.objects.filter(run=run).update(token=store.ATTEMPTS, leased_until=None)
    assert coordinate.plant(ada.who, run.id, client_of=labels.client_of(labels.honest)) == "nothing"
    with acting(ada.who):
        assert set(PlantedVerdict.objects.values_list("value", "reason")) == {(None, "worker_lost")}


def test_a_run_without_judges_has_nothing_to_plant(project: Project, ada: Person) -> None:
    run = labels.completed(ada.who, project)
    with acting(ada.who):
        assert loading.left_to_ask(run.id) == []
    assert coordinate.plant(ada.who, run.id) == "nothing"


def test_a_stranger_sees_no_verdict(project: Project, ada: Person, cy: Person) -> None:
    run = labels.judged_run(ada.who, project)
    coordinate.plant(ada.who, run.id, client_of=labels.client_of(labels.honest))
    with acting(cy.who):
        assert (PlantedVerdict._base_manager.count(), Planting._base_manager.count()) == (0, 0)
