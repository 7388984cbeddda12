"""What stood around a scorecard when its gate was asked, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from apps.console import figures
from apps.kernel import mix
from apps.kernel.gate.excess_rules import WORTH_A_LOOK
from apps.kernel.sentences.freshness import chance, day


def remarks(report: Mapping[str, Any]) -> list[str]:
    """The amber sentences of a report and its looks at cohorts behind the others; a report from before circumstances

    tells at least what its mix hides.
    """
    looks = [finding["sentence"] for finding in report["findings"] if finding["reason"] == WORTH_A_LOOK]
    told = [one["sentence"] for one in report["remarks"]] if "remarks" in report else mix.warnings(report)
    return [*looks, *told]


def facts(report: Mapping[str, Any]) -> SimpleNamespace | None:
    """The day of the verdict and what was true then; None before a gate was asked, or where this was not kept."""
    around = report.get("circumstances")
    if around is None:
        return None
    return SimpleNamespace(day=day(around["decided_on"]), told=tuple(_told(around)))


def _told(around: Mapping[str, Any]) -> Iterator[str]:
    yield f"the card was {figures.plural(around['card_age_days'], 'day')} old"
    golden, found = around["golden"], around["contamination"]
    if golden is not None:
        yield (
            f"{golden['version']} had been pinned for {figures.plural(golden['age_days'], 'day')} and answered "
            f"{figures.plural(golden['earlier_gates'], 'other gate')}"
        )
    blocking = [change for change in around["changes"] if change["kind"] != "policy"]
    yield f"{figures.plural(len(blocking), 'thing')} it rests on had changed" if blocking else "nothing had changed"
    yield _live(around.get("live"), around["mix_drift"])
    if found is None:
        yield "no training corpus of the student was compared with these rows"
    else:
        yield f"{found['rows']:,} of {found['compared']:,} rows stood in the student's training corpus"


def _live(live: Mapping[str, Any] | None, drift: Mapping[str, Any] | None) -> str:
    if live is None:
        return "no live traffic of the last 60 days was compared with these rows"
    newest = live["newest"]
    told = f"{live['rows']:,} live rows of {day(newest['since'])} to {day(newest['until'])} were compared"
    mix = "mix not known" if drift is None else f"PSI {drift['psi']:.2f}, {chance(drift['p'])}"
    new = "" if live["novelty"] is None else f", {figures.percent(live['novelty'])} unlike any golden row"
    unknown = (
        f", {figures.percent(live['unknown_share'], digits=1)} in unknown cohorts" if live["unknown_share"] else ""
    )
    return f"{told} ({mix}{new}{unknown})"
