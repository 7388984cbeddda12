"""What stands around a sealed card on the day a gate is asked: gathered here once, judged in the kernel."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from apps.corpora import queries as corpora
from apps.datasets import queries as datasets
from apps.evals import queries as evals
from apps.evals.models import STUDENT, TEACHER, EvalRun
from apps.gates import queries
from apps.gates.models import GateDecision, GatePolicyVersion
from apps.kernel import gate
from apps.kernel.evaluators import catalogue
from apps.kernel.gate import blocked
from apps.kernel.gate.circumstances import (
    Change,
    Circumstances,
    Contamination,
    Golden,
    LiveTraffic,
    LiveWindow,
    MixDrift,
    Taken,
)
from apps.kernel.price import PriceCard
from apps.kernel.scorecard.clusters import Clusters, Entry
from apps.registry import queries as registry
from apps.registry.models import ModelVersion
from apps.scorecards import assemble
from apps.scorecards import queries as scorecards
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission
from apps.traffic import queries as traffic
from apps.traffic.models import TrafficSample


def around(card: Scorecard, version: GatePolicyVersion) -> Circumstances:
    """The circumstances of asking a policy version about a card today.

    A change is one that came after the run was started: who compares with an older teacher, or on older rows, on
    purpose knows it. Live traffic counts whenever it was drawn, for it says what the rows should have stood for.
    """
    require(Permission.VIEW)
    now, run = timezone.now(), card.run
    dataset = run.dataset_version
    live = traffic.recent(card.project, dataset, today=now.date())
    return Circumstances(
        decided_on=now.date().isoformat(),
        card_age_days=max(0, (now - card.created_at).days),
        changes=tuple(_changes(run, version, today=now.date())),
        golden=Golden(
            version=str(dataset),
            age_days=0 if dataset.pinned_at is None else max(0, (now - dataset.pinned_at).days),
            earlier_gates=_earlier_gates(card, version),
        ),
        contamination=_contamination(run),
        mix_drift=_mix_drift(live),
        live=None if live is None else _live(live),
    )


def outrun(found: traffic.Recent) -> str:
    """Why a gate asked today would call cards of these rows out of date by this traffic; "" where it would not."""
    return blocked.outrun(_mix_drift(found), _live(found))


def still_holds(verdict: GateDecision) -> bool:
    """Whether the same policy would answer every rule about the same card alike today. Nothing is kept."""
    card, version = verdict.scorecard, verdict.policy_version
    decided = gate.decide(scorecards.value(card), queries.policy_value(version), around(card, version))
    return queries.answers(json.loads(bytes(verdict.report))) == queries.answers(decided.document())


def _changes(run: EvalRun, version: GatePolicyVersion, *, today: date) -> Iterator[Change]:
    """In the order in which they block: rows and teacher for everything, then single columns."""
    newer = datasets.pinned_after(run.dataset_version, run.created_at)
    if newer is not None and newer.pinned_at is not None:
        yield Change("dataset", str(run.dataset_version), str(newer), newer.pinned_at.date().isoformat())
    yield from _teacher(run)
    for entry in run.suite_version.entries:
        yield from _column(run, entry)
    for role, model in ((TEACHER, run.teacher), (STUDENT, run.student)):
        yield from _price(run, model, run.plan["prices"].get(role), today=today)
    newest = GatePolicyVersion.objects.filter(policy=version.policy_id).order_by("-number").first()
    if newest is not None and newest.number > version.number:
        yield Change("policy", str(version), str(newest), newest.created_at.date().isoformat())


def _teacher(run: EvalRun) -> Iterator[Change]:
    newer = registry.registered_after(run.teacher, run.created_at)
    if newer is not None:
        yield Change("teacher", str(run.teacher), str(newer), newer.created_at.date().isoformat())
        return
    then = evals.answered_by(run, TEACHER)
    later = evals.newest_with_teacher(run)
    now = frozenset() if later is None else evals.answered_by(later, TEACHER)
    # An address may answer from several machines, so only names without any in common are another model.
    if later is not None and then and now and not then & now:
        yield Change("teacher", _named(then), _named(now), later.created_at.date().isoformat())


def _column(run: EvalRun, entry: Mapping[str, object]) -> Iterator[Change]:
    name, kind, judge_id = str(entry["name"]), str(entry["kind"]), entry["judge_version_id"]
    if judge_id:
        judge = ModelVersion.objects.select_related("model").filter(pk=UUID(str(judge_id))).first()
        newer = None if judge is None else registry.registered_after(judge, run.created_at)
        if judge is not None and newer is not None:
            yield Change("judge", str(judge), str(newer), newer.created_at.date().isoformat(), evaluator=name)
    version = catalogue.get(kind).version
    if str(entry.get("version", version)) != str(version):
        today = timezone.now().date().isoformat()
        yield Change("evaluator", str(entry["version"]), str(version), today, evaluator=name)


def _price(
    run: EvalRun, model: ModelVersion, frozen: Mapping[str, str | None] | None, *, today: date
) -> Iterator[Change]:
    card = registry.price_on(model, today)
    if card is None or (card.created_at <= run.created_at and card.valid_from <= run.created_at.date()):
        return
    then = None if frozen is None else PriceCard(**{name: _decimal(value) for name, value in frozen.items()})  # type: ignore[arg-type]
    if registry.price_value(card) != then:
        since = max(card.valid_from, card.created_at.date())
        yield Change("price", str(model), str(model), since.isoformat())


def _contamination(run: EvalRun) -> Contamination | None:
    known = corpora.known(run.student, run.dataset_version)
    if known is None:
        return None
    if not known.keys:
        return Contamination(known.corpora, 0, run.example_count)
    part = assemble.card_of(run, keys=known.keys)
    taken = [
        Taken(cell.cohort, cell.evaluator, stratum.pairs.triples, _complete(stratum.clusters))
        for cell in part.cells
        for stratum in cell.strata
        if stratum.pairs.n
    ]
    return Contamination(known.corpora, part.rows, run.example_count, tuple(taken))


def _mix_drift(found: traffic.Recent | None) -> MixDrift | None:
    if found is None or found.compared.psi is None or found.compared.mix_p is None:
        return None
    return MixDrift(found.compared.psi, found.compared.mix_p)


def _live(found: traffic.Recent) -> LiveTraffic:
    sample, earlier = found.sample, None
    if found.earlier is not None and found.earlier_compared is not None:
        earlier = _window(found.earlier, found.earlier_compared.content_p)
    return LiveTraffic(
        newest=_window(sample, found.compared.content_p),
        rows=sample.row_count,
        unknown_share=found.compared.unknown / sample.row_count,
        novelty=found.compared.novelty,
        earlier=earlier,
    )


def _window(sample: TrafficSample, content_p: float | None) -> LiveWindow:
    return LiveWindow(sample.digest, sample.since_date.isoformat(), sample.until_date.isoformat(), content_p)


def _complete(clusters: Clusters | None) -> tuple[Entry, ...]:
    """Clusters with a complete pair; missing ones stay counted on the card."""
    return () if clusters is None else tuple((*entry[:4], 0) for entry in clusters.entries if entry[1])


def _earlier_gates(card: Scorecard, version: GatePolicyVersion) -> int:
    verdicts = GateDecision.objects.filter(scorecard__run__dataset_version=card.run.dataset_version_id)
    return verdicts.exclude(scorecard=card, policy_version=version).count()


def _named(names: frozenset[str]) -> str:
    return " and ".join(sorted(names))


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
