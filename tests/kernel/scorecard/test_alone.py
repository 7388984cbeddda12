from __future__ import annotations

import json

from apps.kernel import digest
from apps.kernel.scorecard import Scorecard
from apps.kernel.scorecard.alone import Alone, TimeCounts
from tests.kernel.cards import card, timed


def test_times_of_one_model_are_kept_where_the_other_has_none() -> None:
    evidence = card(timed("a", [(10.0, 20.0), (None, 700.0), (None, 700.0), (30.0, None), (None, None)]))
    traffic = evidence.traffic_of("a")
    assert (traffic.latency.n, traffic.untimed) == (1, 4)
    assert traffic.latency_alone == Alone(teacher=((30.0, 1),), student=((700.0, 2),))
    assert list(traffic.latency_alone.student_values()) == [700.0, 700.0]
    assert list(traffic.latency_alone.teacher_values()) == [30.0]
    again = Scorecard.from_document(json.loads(digest.canonical(evidence.document())))
    assert again.traffic_of("a") == traffic


def test_a_card_where_every_time_has_its_pair_is_spelled_as_before() -> None:
    [cohort] = card(timed("a", [(10.0, 20.0), (None, None)])).document()["cohorts"]
    assert "latency_alone_ms" not in cohort
    assert "first_token_alone_ms" not in cohort


def test_a_card_sealed_before_lone_times_were_kept_reads_and_keeps_its_digest() -> None:
    document = card(timed("a", [(10.0, 20.0), (None, 700.0)])).document()
    [cohort] = document["cohorts"]
    del cohort["latency_alone_ms"], document["digest"]
    sealed = {**document, "digest": digest.of(document)}
    read = Scorecard.from_document(json.loads(json.dumps(sealed)))
    assert read.digest == sealed["digest"]
    assert read.traffic_of("a").latency_alone == Alone()


def test_times_of_cohorts_are_put_together() -> None:
    rows = [*timed("a", [(None, 5.0)]), *timed("b", [(None, 5.0), (4.0, None)])]
    assert card(rows).traffic_of("*").latency_alone == Alone(((4.0, 1),), ((5.0, 2),))


def test_counting_rounds_and_takes_no_sign_of_zero() -> None:
    counts = TimeCounts()
    for teacher_ms, student_ms in ((None, 1.00000049), (None, 1.0000004), (-0.0, None), (1.0, 2.0), (None, None)):
        counts.take(teacher_ms, student_ms, 1)
    assert counts.alone(digits=6) == Alone(((0.0, 1),), ((1.0, 2),))
    assert counts.pairs == {(1.0, 2.0): 1}
    assert not Alone()
