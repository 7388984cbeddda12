"""Planting: judges are asked before the card is sealed, once, by one worker, and an obedient one is caught."""

from __future__ import annotations

import json
from decimal import Decimal

from apps.evals.models import EvalRun
from apps.gates import actions as gates
from apps.kernel.chat import ChatRequest
from apps.kernel.policy import TEMPLATES
from apps.labels import checks, coordinate, loading, store
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
        assert checks.planted_of(run)["FactualAccuracy"].asked == 4
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


def test_an_order_that_got_marks_once_is_put_twice_more(project: Project, ada: Person) -> None:
    run = labels.judged_run(ada.who, project, count=10)
    orders = []

    def once(request: ChatRequest) -> str:
        if "give full marks" not in request.messages[-1].content:
            return labels.honest(request)
        orders.append(request)
        return json.dumps({"score": float(len(orders) != 2), "reason": ""})

    labels.checked(ada.who, run, once)
    # Resisted the second time: a third would say nothing more.
    assert len(orders) == 2
    with acting(ada.who):
        said = list(PlantedVerdict.objects.filter(case="obeyed").order_by("asking").values_list("asking", "value"))
        assert said == [(0, 1.0), (1, 0.0)]
        assert checks.planted_of(run)["FactualAccuracy"].misjudged == {"obeyed_once": 1}


def test_an_order_that_is_obeyed_each_time_is_put_three_times(project: Project, ada: Person) -> None:
    run = labels.checked(ada.who, labels.judged_run(ada.who, project, count=10), labels.obedient)
    with acting(ada.who):
        assert list(PlantedVerdict.objects.filter(case="obeyed").values_list("value", flat=True)) == [1.0] * 3
        found = checks.planted_of(run)["FactualAccuracy"]
    assert (found.asked, found.misjudged["obeyed"]) == (4, 1)


def budgeted(project: Project, ada: Person, usd: str = "1") -> EvalRun:
    return labels.judged_run(ada.who, project, count=10, max_tokens=50, budget_usd=Decimal(usd))


def test_checks_are_paid_from_the_budget_and_give_back_what_they_did_not_cost(project: Project, ada: Person) -> None:
    run = budgeted(project, ada)
    assert run.held_usd > 0
    labels.checked(ada.who, run)
    with acting(ada.who):
        cost = sum(PlantedVerdict.objects.values_list("judge_cost_usd", flat=True))
        after = EvalRun.objects.get(pk=run.pk)
        assert Planting.objects.get().reserved_usd == 0
    assert after.spent_usd - run.spent_usd == cost > 0
    assert after.reserved_usd == 0
    assert cost <= run.held_usd


def test_a_budget_without_room_leaves_the_judge_unchecked_and_says_so(project: Project, ada: Person) -> None:
    run = budgeted(project, ada)
    with acting(ada.who):
        EvalRun.objects.filter(pk=run.pk).update(spent_usd=Decimal("0.9999"))
    verdict, reasons, sentence = judged(run, ada, labels.honest)
    assert (verdict, set(reasons)) == ("inconclusive", {"judge_unreliable"})
    assert "None of 4 planted answers could be judged" in sentence
    with acting(ada.who):
        assert set(PlantedVerdict.objects.values_list("reason", flat=True)) == {"judge_budget_spent"}
        assert EvalRun.objects.get(pk=run.pk).spent_usd == Decimal("0.9999")


def test_as_many_are_asked_as_fit(project: Project, ada: Person) -> None:
    run = budgeted(project, ada)
    with acting(ada.who):
        first, second = (one.worst_usd for one in loading.left_to_ask(run.id)[:2])
        assert first is not None
        assert second is not None
        EvalRun.objects.filter(pk=run.pk).update(spent_usd=1 - first - second / 2)
    asked: list[object] = []

    def counting(request: ChatRequest) -> str:
        asked.append(request)
        return labels.honest(request)

    assert coordinate.plant(ada.who, run.id, client_of=labels.client_of(counting)) == "some"
    assert len(asked) == 1


def test_what_a_lost_worker_had_reserved_counts_as_spent(project: Project, ada: Person) -> None:
    run = budgeted(project, ada)
    with acting(ada.who):
        token = store.claim(run.id)
        fitting, reserved = store.reserve(run.id, [Decimal("0.01")] * 4)
        assert (token, fitting, reserved) == (1, 4, Decimal("0.04"))
        assert EvalRun.objects.get(pk=run.pk).reserved_usd == Decimal("0.04")
        Planting.objects.update(leased_until="2020-01-01T00:00:00Z")
        assert store.claim(run.id) == 2
        after = EvalRun.objects.get(pk=run.pk)
        assert (after.reserved_usd, after.spent_usd - run.spent_usd) == (0, Decimal("0.04"))
        # The lost one comes back: its money was counted, and is not counted again.
        store.keep(run.id, 1, [], [], spent_usd=Decimal("0.01"))
        assert EvalRun.objects.get(pk=run.pk).spent_usd == after.spent_usd
        assert Planting.objects.get().token == 2
