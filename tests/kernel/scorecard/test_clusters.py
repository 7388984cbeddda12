from __future__ import annotations

from apps.kernel.scorecard import GLOBAL, Arm, Pairs, Row
from apps.kernel.scorecard.clusters import Clusters, cluster_id
from tests.kernel.cards import arm, card


def rows(clusters: dict[str, list[tuple[float, float | str]]], *, cohort: str = "a") -> list[Row]:
    return [
        Row(f"{cohort}-{name}-{place}", cohort, arm(teacher), arm(student), cluster=name)
        for name, pairs in clusters.items()
        for place, (teacher, student) in enumerate(pairs)
    ]


def test_a_cell_keeps_each_clusters_count_sums_and_missing() -> None:
    found = card(rows({"talk-1": [(1.0, 0.5), (1.0, 1.0), (0.5, "rate_limited")], "talk-2": [(0.0, 1.0)]}))
    cell = found.cell("a", "quality")
    assert cell is not None
    assert cell.clusters is not None
    assert {entry[0]: entry[1:] for entry in cell.clusters.entries} == {
        cluster_id("talk-1"): (2, 2.0, 1.5, 1),
        cluster_id("talk-2"): (1, 0.0, 1.0, 0),
    }


def test_names_are_digests_of_twelve_digits_and_a_row_without_a_cluster_is_its_own() -> None:
    lonely = [Row(str(number), "a", arm(1.0), arm(1.0)) for number in range(3)]
    cell = card([*rows({"c": [(1.0, 1.0)] * 2}), *lonely]).cell("a", "quality")
    assert cell is not None
    assert cell.clusters is not None
    assert [len(entry[0]) for entry in cell.clusters.entries] == [12] * 4
    assert cell.clusters.count == 4
    assert cluster_id("c") != cluster_id(None, key="c")


def test_a_card_without_clusters_says_nothing_of_them() -> None:
    found = card([Row("1", "a", arm(1.0), arm(1.0))])
    assert "clusters" not in found.document()["cells"][0]  # type: ignore[index]
    cell = found.cell("a", "quality")
    assert cell is not None
    assert cell.clusters is None


def test_rows_that_share_no_cluster_are_independent_and_stay_exact() -> None:
    apart = card([Row(str(n), "a", arm(1.0), arm(1.0), cluster=f"c{n}") for n in range(9)]).cell("a", "quality")
    shared = card(rows({"c": [(1.0, 1.0)] * 2, "d": [(1.0, 1.0)]})).cell("a", "quality")
    assert apart is not None
    assert shared is not None
    assert (apart.clusters, apart.is_counted) == (None, True)
    assert (shared.clusters is not None, shared.is_counted) == (True, False)


def test_a_cluster_over_two_cohorts_is_one_cluster_of_all_rows() -> None:
    evidence = [*rows({"x": [(1.0, 0.0)], "y": [(1.0, 1.0)]}), *rows({"x": [(1.0, 0.5)]}, cohort="b")]
    for weights in (None, {"a": 0.5, "b": 0.5}):
        cell = card(evidence, weights=weights).cell(GLOBAL, "quality")
        assert cell is not None
        assert cell.clusters is not None
        assert cell.clusters.count == 2
        assert (cluster_id("x"), 2, 2.0, 0.5, 0) in cell.clusters.entries


def test_sums_do_not_depend_on_how_they_were_parted() -> None:
    whole = Clusters.of({"c": Pairs.of([(0.1, 0.2)] * 3 + [(0.3, 0.7)], digits=9)}, {"d": 2})
    parts = [Clusters.of({"c": Pairs.of([pair], digits=9)}, {}) for pair in [(0.1, 0.2)] * 3 + [(0.3, 0.7)]]
    assert Clusters.merged([*parts, Clusters.of({}, {"d": 2})]) == whole
    assert Clusters.from_document(whole.document()) == whole
    assert (whole.count, whole.is_grouped) == (1, True)


def test_an_evaluator_of_no_row_in_a_cluster_leaves_it_out() -> None:
    other = Row("o", "a", Arm(), Arm(), cluster="silent")
    cell = card([*rows({"c": [(1.0, 1.0)] * 2}), other]).cell("a", "quality")
    assert cell is not None
    assert cell.clusters is not None
    assert cell.clusters.count == 1
