from __future__ import annotations

from apps.kernel.scorecard import Pairs


def test_pairs_in_any_order_are_one_value() -> None:
    assert Pairs.of([(1.0, 0.0), (0.5, 0.5), (1.0, 0.0)], digits=9) == Pairs.of(
        [(0.5, 0.5), (1.0, 0.0), (1.0, 0.0)], digits=9
    )


def test_equal_pairs_are_counted_once() -> None:
    assert Pairs.of([(1.0, 0.0), (0.5, 0.5), (1.0, 0.0)], digits=9).triples == ((0.5, 0.5, 1), (1.0, 0.0, 2))


def test_rounding_merges_what_differs_below_it() -> None:
    assert Pairs.of([(0.1 + 0.2, 0.0), (0.3, -0.0)], digits=9).triples == ((0.3, 0.0, 2),)


def test_a_negative_zero_is_spelled_as_zero() -> None:
    assert str(Pairs.of([(-0.0, -0.0)], digits=9).document()) == "[[0.0, 0.0, 1]]"


def test_means_and_delta() -> None:
    pairs = Pairs.of([(1.0, 0.0), (1.0, 1.0), (0.5, 1.0), (0.5, 0.25)], digits=9)
    assert (pairs.n, pairs.teacher_mean, pairs.student_mean, pairs.delta) == (4, 0.75, 0.5625, -0.1875)


def test_no_pairs_have_no_mean() -> None:
    assert (Pairs().n, Pairs().teacher_mean, Pairs().student_mean, Pairs().delta) == (0, None, None, None)


def test_values_come_back_paired() -> None:
    pairs = Pairs.of([(1.0, 0.0), (0.5, 0.25), (1.0, 0.0)], digits=9)
    assert list(zip(pairs.teacher_values(), pairs.student_values(), strict=True)) == [
        (0.5, 0.25),
        (1.0, 0.0),
        (1.0, 0.0),
    ]


def test_merging_adds_counts() -> None:
    one, two = Pairs.of([(1.0, 0.0)], digits=9), Pairs.of([(1.0, 0.0), (0.0, 0.0)], digits=9)
    assert Pairs.merged([one, two]).triples == ((0.0, 0.0, 1), (1.0, 0.0, 2))


def test_a_document_reads_back() -> None:
    pairs = Pairs.of([(1.0, 0.0), (0.5, 0.25)], digits=9)
    assert Pairs.from_document(pairs.document()) == pairs
