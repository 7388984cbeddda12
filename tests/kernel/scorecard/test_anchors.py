"""The part of a card that keeps what a judge says again: counts, one spelling, and nothing where there are none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.scorecard import Planted, Scorecard, judge_evidence
from apps.kernel.scorecard.anchors import Anchors
from tests.kernel.judged import TIE, judged_card

PARTS = {"set": "sha256:a", "revision": 2, "judge": "sha256:j", "drawn_on": "2026-03-14"}


def counted(verdicts: list[tuple[float, float | None, str]]) -> Anchors:
    return Anchors.counted(verdicts, **PARTS, told_then=["b", "a", "b"], told_now=["a"])  # type: ignore[arg-type]


def test_pairs_and_missing_are_counted() -> None:
    found = counted([(1.0, 1.0, ""), (1.0, 0.0, ""), (1.0, 1.0, ""), (0.0, None, "judge_unparsable"), (0.0, None, "")])
    assert found.pairs == ((1.0, 0.0, 1), (1.0, 1.0, 2))
    assert found.missing == {"judge_unparsable": 1, "not_scored": 1}
    assert (found.judged, found.size, found.told_then) == (3, 5, ("a", "b"))


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 1.0, None]), st.just("x"))))
def test_order_says_nothing_and_a_document_reads_back(verdicts: list[tuple[float, float | None, str]]) -> None:
    found = counted(verdicts)
    assert found == counted(verdicts[::-1])
    assert Anchors.from_document(found.document()) == found


def test_a_card_keeps_them_and_one_without_is_spelled_as_before() -> None:
    anchors = counted([(1.0, 1.0, "")])
    evidence = judged_card(("a", [TIE], []), anchors=anchors)
    again = Scorecard.from_document(evidence.document())
    assert (again.digest, again.judge("quality").anchors) == (evidence.digest, anchors)  # type: ignore[union-attr]
    plain = judged_card(("a", [TIE], []))
    assert "anchors" not in plain.document()["judges"][0]  # type: ignore[index]
    assert plain.digest != evidence.digest


def test_anchors_alone_are_evidence_about_a_judge() -> None:
    found = judge_evidence("quality", [], anchors=counted([]))
    assert found is not None
    assert (found.planted, found.answers) == (None, 0)
    assert judge_evidence("quality", [], planted=Planted(4)) is not None
    assert judge_evidence("quality", []) is None
