"""What the state of a canary asks for: harm first, then doubt, then proofs and hours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.kernel.canary import Guard, Plan, Reason, Watch, read, start
from apps.kernel.canary.guarded import Guarded, Tally
from apps.kernel.canary.watch import Harm
from apps.kernel.statistics.sequential import EProcess

PLAN = Plan("s", "p", (Guard("quality", prove_within=0.03), Guard("quality", cohort="vip", prove_within=0.01)))
DAY_MS = 86_400_000
SHOWN, ALMOST = 2.9958, 2.9957


def canary(*log_e: float, hours: float = 72.0, plan: Plan = PLAN, **changes: object) -> Watch:
    """A canary whose proofs stand at these logarithms, after so many hours."""
    guards = tuple(Guarded(EProcess(0.0), EProcess(-0.03, log_e=each)) for each in log_e)
    kept = replace(start(plan, share=0.05), guards=guards, first_at_ms=0, last=(round(hours * 3_600_000), "c"))
    return replace(kept, **changes)  # type: ignore[arg-type]


def test_every_proof_and_three_days_promote() -> None:
    found = read(canary(SHOWN, SHOWN))
    assert (found.action, found.reasons) == ("promote", (Reason("shown", "quality"), Reason("shown", "quality of vip")))


def test_one_proof_short_of_20_goes_on() -> None:
    found = read(canary(SHOWN, ALMOST))
    assert (found.action, found.reasons) == ("watch", (Reason("not_shown", "quality of vip"),))


def test_the_night_must_be_seen_too() -> None:
    found = read(canary(SHOWN, SHOWN, hours=71.9))
    assert (found.action, found.reasons) == ("watch", (Reason("too_short"),))
    a_day = replace(PLAN, least_hours=24.0)
    assert read(canary(SHOWN, SHOWN, hours=24.0, plan=a_day)).action == "promote"


def test_nothing_to_prove_never_promotes() -> None:
    plan = Plan("s", "p", (Guard("quality"),))
    found = read(replace(canary(SHOWN, plan=plan), guards=(Guarded(EProcess(0.0), None),)))
    assert (found.action, found.reasons) == ("watch", (Reason("nothing_to_prove"),))


def test_harm_rolls_back_whatever_is_proved_or_broken() -> None:
    harm = Harm("quality", 9, 0.0, 1.0)
    assert read(canary(SHOWN, SHOWN, harm=harm)).action == "roll_back"
    found = read(canary(SHOWN, SHOWN, harm=harm, split_broke=True))
    assert (found.action, found.reasons) == ("roll_back", (Reason("harm", "quality"), Reason("split_broken")))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"split_broke": True}, "split_broken"),
        ({"missing_differed": True}, "missing_differs"),
        ({"scored": Tally(100, 6.0, 1_000, 0.0)}, "missing_share"),
        ({"scored": Tally(100, 0.0, 1_000, 51.0)}, "missing_share"),
    ],
)
def test_evidence_in_doubt_freezes_and_never_promotes(changes: dict[str, object], code: str) -> None:
    found = read(canary(SHOWN, SHOWN, **changes))
    assert (found.action, found.reasons) == ("freeze", (Reason(code),))


@pytest.mark.parametrize("scored", [Tally(99, 99.0, 99, 99.0), Tally(100, 5.0, 1_000, 50.0)])
def test_a_share_of_few_and_a_share_at_the_limit_do_not_freeze(scored: Tally) -> None:
    assert read(canary(SHOWN, SHOWN, scored=scored)).action == "promote"


def test_a_new_canary_is_watched() -> None:
    found = read(start(PLAN, share=0.05))
    assert found.action == "watch"
    assert [reason.code for reason in found.reasons] == ["not_shown", "not_shown", "too_short"]
