"""The scorecard under other traffic: typed, split, and never kept."""

from __future__ import annotations

from tests.console.conftest import Browser, text_of


def test_other_traffic_splits_the_difference_on_the_page(ada, story, events) -> None:
    before = events()
    page = text_of(Browser(ada).get(f"{story.at}/scorecards/1/?live=plain%3D0.9,gold%3D0.1"))
    assert '<details class="panel" id="mix" open>' in page
    assert "By live traffic, pp" in page
    # Every second row was wrong, and those are all in one cohort: −100.0 pp in plain, 0.0 in gold.
    assert '<td class="num">−50.0</td><td class="num strong">−90.0</td><td class="num">−40.0</td>' in page
    assert events() == before


def test_without_traffic_the_split_stays_folded(ada, story) -> None:
    page = text_of(Browser(ada).get(f"{story.at}/scorecards/1/"))
    assert '<details class="panel" id="mix">' in page
    assert "By declared traffic, pp" in page
    assert 'placeholder="gold=0.5, plain=0.5"' in page


def test_what_cannot_be_weighed_is_said_beside_the_field(ada, story) -> None:
    for typed, code in (
        ("gold%3D2,plain%3D-1", "weights_sum"),
        ("zinc%3D1", "cohort_unknown"),
        ("gold", "value_invalid"),
        ("gold%3Dhalf", "value_invalid"),
    ):
        response = Browser(ada).get(f"{story.at}/scorecards/1/?live={typed}")
        assert response.status_code == 200
        assert code in text_of(response), typed
