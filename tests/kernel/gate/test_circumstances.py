"""Circumstances are stored as JSON and read back as they were; what is no such document is refused by name."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from apps.kernel import digest
from apps.kernel.gate.circumstances import (
    Change,
    Circumstances,
    CircumstancesUnreadable,
    Contamination,
    Golden,
    LiveTraffic,
    LiveWindow,
    MixDrift,
    Taken,
)

FULL = Circumstances(
    decided_on="2026-11-24",
    card_age_days=3,
    changes=(Change("judge", "judge@1", "judge@2", "2026-11-03", evaluator="quality"),),
    golden=Golden("golden@2", age_days=12, earlier_gates=4),
    contamination=Contamination(("sha256:c",), 2, 300, (Taken("gold", "quality", ((1.0, 0.0, 2),)),)),
    mix_drift=MixDrift(psi=0.2, p=0.001),
)


TRAFFIC = LiveTraffic(
    LiveWindow("sha256:new", "2026-11-15", "2026-11-21", content_p=0.0049),
    rows=1200,
    unknown_share=0.02,
    novelty=0.11,
    earlier=LiveWindow("sha256:old", "2026-11-08", "2026-11-14"),
)
LIVE = replace(FULL, live=TRAFFIC)


def test_live_traffic_that_is_not_known_is_left_out_so_that_older_verdicts_keep_their_digest() -> None:
    assert "live" not in FULL.document()
    assert list(LIVE.document())[-1] == "live"
    assert set(LIVE.document()) - set(FULL.document()) == {"live"}


def test_texts_have_drifted_once_two_windows_running_say_so() -> None:
    def drifted(newest: float | None, earlier: float | None) -> bool:
        before = None if earlier is None else replace(TRAFFIC.newest, content_p=earlier)
        return replace(TRAFFIC, newest=replace(TRAFFIC.newest, content_p=newest), earlier=before).content_drifted

    assert drifted(0.0099, 0.0099)
    assert not drifted(0.01, 0.001)
    assert not drifted(0.001, 0.01)
    assert not drifted(0.001, None)
    assert not drifted(None, 0.001)


def test_what_is_written_is_read_back() -> None:
    for one in (FULL, Circumstances("2026-11-24", 0), LIVE, replace(LIVE, live=replace(TRAFFIC, earlier=None))):
        assert Circumstances.from_document(json.loads(digest.canonical(one.document()))) == one


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {**FULL.document(), "changes": [{"kind": "weather", "then": "a", "now": "b", "since": "2026-11-03"}]},
        {**FULL.document(), "golden": {"version": "golden@2"}},
        {**FULL.document(), "card_age_days": "old"},
        {**FULL.document(), "card_age_days": float("inf")},
        {**FULL.document(), "decided_on": "yesterday"},
        {**FULL.document(), "live": {}},
        {**FULL.document(), "live": {**asdict(TRAFFIC), "newest": {**asdict(TRAFFIC.newest), "until": "today"}}},
        {**FULL.document(), "live": {**asdict(TRAFFIC), "novelty": "much"}},
    ],
)
def test_what_is_no_such_document_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(CircumstancesUnreadable) as refused:
        Circumstances.from_document(broken)
    assert refused.value.code == "circumstances_unreadable"


def test_a_share_of_no_rows_is_none_of_them() -> None:
    assert Contamination((), 0, 0).share == 0.0
    assert FULL.contamination is not None
    assert FULL.contamination.share == pytest.approx(2 / 300)


def test_a_drift_needs_both_a_small_p_and_a_large_index() -> None:
    assert MixDrift(psi=0.2, p=0.001).drifted
    assert not MixDrift(psi=0.05, p=0.001).drifted
    assert not MixDrift(psi=0.2, p=0.02).drifted
