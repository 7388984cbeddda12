"""What a gate finds around a card: newer teachers, rows and prices, age, corpora, and how often it was asked."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.evals import queries as evals
from apps.gates import actions, circumstances, queries
from apps.gates.models import GateDecision, GatePolicyVersion
from apps.kernel import digest, gate, report
from apps.kernel.gate import Circumstances
from apps.kernel.price import PriceCard
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.registry import actions as registry
from apps.scorecards import queries as scorecards
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.corpora.test_actions import checked
from tests.factories import runs
from tests.gates.test_actions import LENIENT
from tests.traffic.test_actions import live_rows, sampled, window


@pytest.fixture
def card(project: Project, ada: Person) -> Scorecard:
    return runs.sealed(ada.who, project, rows=runs.golden_rows(40))


@pytest.fixture
def lenient(project: Project, ada: Person) -> GatePolicyVersion:
    with acting(ada.who):
        return actions.save_policy(project, slug="lenient", document=LENIENT)


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    moment = timezone.now() + timedelta(days=days)

    def now() -> datetime:
        return moment

    monkeypatch.setattr(circumstances, "timezone", SimpleNamespace(now=now))


def kinds(found: Circumstances) -> list[str]:
    return [change.kind for change in found.changes]


def test_a_fresh_card_stands_in_good_order(card: Scorecard, lenient: GatePolicyVersion, ada: Person) -> None:
    with acting(ada.who):
        found = circumstances.around(card, lenient)
    assert found.decided_on == timezone.now().date().isoformat()
    assert (found.card_age_days, found.changes, found.contamination) == (0, (), None)
    assert found.golden is not None
    assert (found.golden.version, found.golden.age_days, found.golden.earlier_gates) == ("golden@1", 0, 0)


def test_a_newer_teacher_takes_the_pass_away(
    card: Scorecard, lenient: GatePolicyVersion, project: Project, ada: Person
) -> None:
    with acting(ada.who):
        before = actions.decide(card, version=lenient)
        runs.recorded(project, "big", runs.output_rows(runs.golden_rows(41)))
        after = actions.decide(card, version=lenient)
        [finding] = queries.report_of(card, after)["findings"]
        assert (before.verdict, after.verdict, finding["reason"]) == ("pass", "inconclusive", "teacher_changed")
        assert finding["sentence"].startswith("Out of date. The teacher changed from big@1 to big@2 on ")
        assert GateDecision.objects.count() == 2
        assert AuditEvent.objects.filter(event="gate.decided").count() == 2
        assert actions.decide(card, version=lenient).pk == after.pk
        assert queries.latest(card) == after
        assert not circumstances.still_holds(before)
        assert circumstances.still_holds(after)


def test_a_newer_student_changes_nothing(
    card: Scorecard, lenient: GatePolicyVersion, project: Project, ada: Person
) -> None:
    with acting(ada.who):
        runs.recorded(project, "small", runs.output_rows(runs.golden_rows(41)))
        assert circumstances.around(card, lenient).changes == ()


def test_newer_golden_rows_count_once_they_are_pinned(
    card: Scorecard, lenient: GatePolicyVersion, project: Project, ada: Person
) -> None:
    with acting(ada.who):
        runs.pinned(project, runs.golden_rows(42))
        assert kinds(circumstances.around(card, lenient)) == ["dataset"]
        assert actions.decide(card, version=lenient).verdict == "inconclusive"


def test_a_run_on_older_rows_on_purpose_is_not_out_of_date(project: Project, ada: Person) -> None:
    with acting(ada.who):
        runs.pinned(project, runs.golden_rows(40))
        runs.pinned(project, runs.golden_rows(42))
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(40))
    with acting(ada.who):
        version = actions.save_policy(project, slug="lenient", document=LENIENT)
        assert card.run.dataset_version.number == 1
        assert circumstances.around(card, version).changes == ()


def test_new_prices_count_from_their_day(
    card: Scorecard, lenient: GatePolicyVersion, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = timezone.now().date() + timedelta(days=1)
    with acting(ada.who):
        registry.set_price(card.run.student, valid_from=tomorrow, card=PriceCard(Decimal(1), Decimal(2)))
        assert kinds(circumstances.around(card, lenient)) == []
        later(monkeypatch, 1)
        [change] = circumstances.around(card, lenient).changes
        assert (change.kind, change.now, change.since) == ("price", "small@1", tomorrow.isoformat())


def test_a_newer_policy_is_told_and_the_older_may_be_asked(
    card: Scorecard, lenient: GatePolicyVersion, project: Project, ada: Person
) -> None:
    with acting(ada.who):
        actions.save_policy(project, slug="lenient", document={**LENIENT, "max_age_days": 3})
        verdict = actions.decide(card, version=lenient)
        assert verdict.verdict == "pass"
        assert "policy_superseded" in [one["code"] for one in queries.report_of(card, verdict)["remarks"]]


def test_a_card_ages(card: Scorecard, lenient: GatePolicyVersion, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    with acting(ada.who):
        later(monkeypatch, 31)
        found = actions.decide(card, version=lenient)
        [finding] = queries.report_of(card, found)["findings"]
        assert (found.verdict, finding["reason"]) == ("inconclusive", "stale")
        later(monkeypatch, 32)
        assert actions.decide(card, version=lenient).pk == found.pk


def test_what_the_upstream_calls_itself_is_the_teacher_too(
    card: Scorecard, lenient: GatePolicyVersion, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs answered by names without any in common: somebody swapped the model behind the address."""
    later_run = SimpleNamespace(created_at=timezone.now())
    names = {True: frozenset({"gpt-x-05"}), False: frozenset({"gpt-x-08"})}
    monkeypatch.setattr(evals, "newest_with_teacher", lambda run: later_run)
    monkeypatch.setattr(evals, "answered_by", lambda run, role: names[run is not later_run])
    with acting(ada.who):
        [change] = circumstances.around(card, lenient).changes
        assert (change.kind, change.then, change.now) == ("teacher", "gpt-x-05", "gpt-x-08")
        names[False] = frozenset({"gpt-x-08", "gpt-x-05"})
        assert circumstances.around(card, lenient).changes == ()


def test_rows_the_student_was_trained_on_come_with_their_scores(
    card: Scorecard, lenient: GatePolicyVersion, ada: Person
) -> None:
    with acting(ada.who):
        checked(card.run.student, card.run.dataset_version)
        found = circumstances.around(card, lenient).contamination
        assert found is not None
        assert (found.rows, found.compared) == (1, 40)
        assert [(one.cohort, one.evaluator, one.pairs) for one in found.taken] == [
            ("gold", "ExactMatch", ((1.0, 1.0, 1),))
        ]
        verdict = actions.decide(card, version=lenient)
        [finding] = queries.report_of(card, verdict)["findings"]
        assert (verdict.verdict, finding["reason"]) == ("inconclusive", "contaminated")  # 1 of 40 is over 1 %


def test_an_auditor_recomputes_the_verdict_from_what_is_stored(
    card: Scorecard, lenient: GatePolicyVersion, ada: Person
) -> None:
    with acting(ada.who):
        verdict = actions.decide(card, version=lenient)
        around = Circumstances.from_document(json.loads(bytes(verdict.report))["circumstances"])
        value = scorecards.value(card)
        again = report.report(value, gate.decide(value, queries.policy_value(lenient), around))
        assert digest.of(again) == verdict.digest


def test_live_traffic_of_another_mix_makes_the_card_stale(
    card: Scorecard, lenient: GatePolicyVersion, project: Project, ada: Person
) -> None:
    with acting(ada.who):
        before = actions.decide(card, version=lenient)
        assert before.verdict == "pass"
        sample = sampled(project, live_rows(180, 20))
        found = circumstances.around(card, lenient)
        assert found.live is not None
        assert (found.live.newest.sample, found.live.rows, found.live.unknown_share) == (sample.digest, 200, 0.0)
        assert found.live.newest.until == timezone.now().date().isoformat()
        assert (found.live.novelty, found.live.newest.content_p, found.live.earlier) == (None, None, None)
        verdict = actions.decide(card, version=lenient)
        [finding] = queries.report_of(card, verdict)["findings"]
        assert (verdict.verdict, finding["reason"]) == ("inconclusive", "stale")
        assert finding["sentence"].startswith("Out of date. The mix of cohorts in live traffic has moved (PSI ")
        assert not circumstances.still_holds(before)


def test_the_same_mix_blocks_nothing_and_old_traffic_is_not_asked(
    card: Scorecard, lenient: GatePolicyVersion, project: Project, ada: Person
) -> None:
    with acting(ada.who):
        sampled(project, live_rows(180, 20), days=window(90, 61))
        assert circumstances.around(card, lenient).live is None
        sampled(project, live_rows(50, 50))
        drift = circumstances.around(card, lenient).mix_drift
        assert drift is not None
        assert (drift.psi, drift.p) == (0.0, 1.0)
        assert actions.decide(card, version=lenient).verdict == "pass"


def test_other_texts_in_two_windows_running_make_the_card_stale(project: Project, ada: Person) -> None:
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(120))
    with acting(ada.who):
        version = actions.save_policy(project, slug="lenient", document=LENIENT)
        said = "how do I bake a cake in step"
        first = sampled(project, live_rows(60, 60, say=said), days=window(13, 7))
        once = actions.decide(card, version=version)
        codes = [one["code"] for one in queries.report_of(card, once)["remarks"]]
        assert (once.verdict, "content_moving" in codes, "much_is_new" in codes) == ("pass", True, True)
        second = sampled(project, live_rows(60, 60, start=200, say=said))
        twice = actions.decide(card, version=version)
        document = queries.report_of(card, twice)
        assert (twice.verdict, document["findings"][0]["reason"]) == ("inconclusive", "stale")
        live = document["circumstances"]["live"]
        assert (live["newest"]["sample"], live["earlier"]["sample"]) == (second.digest, first.digest)
        around = Circumstances.from_document(document["circumstances"])
        value = scorecards.value(card)
        again = report.report(value, gate.decide(value, queries.policy_value(version), around))
        assert digest.of(again) == twice.digest


def test_a_strangers_traffic_says_nothing_of_our_cards(
    card: Scorecard, lenient: GatePolicyVersion, ada: Person, cy: Person
) -> None:
    with acting(cy.who):
        sampled(projects.open_project(slug="support"), live_rows(180, 20))
    with acting(ada.who):
        assert circumstances.around(card, lenient).live is None


def test_every_other_verdict_on_the_same_rows_is_counted(
    card: Scorecard, lenient: GatePolicyVersion, project: Project, ada: Person
) -> None:
    with acting(ada.who):
        actions.decide(card, version=lenient)
        strict = actions.save_policy(project, slug="strict", document={**LENIENT, "alpha": 0.025})
        golden = circumstances.around(card, strict).golden
        assert golden is not None
        assert golden.earlier_gates == 1


def test_what_changed_back_is_answered_as_before(
    card: Scorecard, lenient: GatePolicyVersion, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card cannot grow younger, but a clock may: the morning's answer is found again, not written twice."""
    with acting(ada.who):
        first = actions.decide(card, version=lenient)
        with monkeypatch.context() as tomorrow:
            later(tomorrow, 31)
            assert actions.decide(card, version=lenient).verdict == "inconclusive"
        assert actions.decide(card, version=lenient).pk == first.pk
        assert GateDecision.objects.count() == 2
        assert AuditEvent.objects.filter(event="gate.decided").count() == 2
