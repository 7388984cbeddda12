"""Which rows become golden: by rule and cohort, repeatable by anybody with the seed."""

from __future__ import annotations

import pytest

from apps.kernel.freeze import Candidate, Recipe, RecipeRefused, choose, notes

WEIGHTS = {"gold": 0.1, "plain": 0.9}
ROWS = [Candidate(f"g{n}", "gold", n % 2 == 0) for n in range(40)] + [
    Candidate(f"p{n}", "plain", None if n == 0 else n % 4 > 0) for n in range(200)
]


def test_rows_are_shared_out_by_traffic() -> None:
    chosen = choose(ROWS, Recipe(rows=100), weights=WEIGHTS)
    assert chosen.taken == {"gold": 10, "plain": 90}
    assert chosen.left_out == {"gold": 0, "plain": 0}
    assert len(chosen.keys) == 100
    assert list(chosen.keys) == sorted(chosen.keys)


def test_a_high_value_cohort_is_drawn_on_top() -> None:
    chosen = choose(ROWS, Recipe(rows=100, at_least={"gold": 35}), weights=WEIGHTS)
    assert chosen.taken == {"gold": 35, "plain": 90}


def test_the_rule_leaves_out_what_the_teacher_fails_and_what_was_not_scored() -> None:
    chosen = choose(ROWS, Recipe(rows=300, rule="teacher_passes", evaluator="E"), weights=WEIGHTS)
    assert (chosen.taken, chosen.wanted) == ({"gold": 20, "plain": 150}, {"gold": 30, "plain": 270})
    assert chosen.left_out == {"gold": 20, "plain": 50}
    assert "p0" not in chosen.keys
    assert notes(chosen, high_value=["gold"]) == [
        ("few_rows", "170 rows were frozen; 200 to 500 are usual."),
        ("cohort_short", "gold (high value): 30 rows were wanted, 20 fit the rule."),
        ("cohort_short", "plain: 270 rows were wanted, 150 fit the rule."),
    ]


def test_the_same_seed_draws_the_same_rows_in_any_order_and_another_seed_others() -> None:
    first = choose(ROWS, Recipe(rows=50, seed="a"), weights=WEIGHTS)
    assert choose(reversed(ROWS), Recipe(rows=50, seed="a"), weights=WEIGHTS) == first
    assert choose(ROWS, Recipe(rows=50, seed="b"), weights=WEIGHTS).keys != first.keys


def test_a_larger_draw_holds_the_smaller_one() -> None:
    small = choose(ROWS, Recipe(rows=50), weights=WEIGHTS)
    assert set(small.keys) < set(choose(ROWS, Recipe(rows=100), weights=WEIGHTS).keys)


@pytest.mark.parametrize(
    ("recipe", "code"),
    [
        ({"rows": 0}, "rows_out_of_range"),
        ({"rows": 100_001}, "rows_out_of_range"),
        ({"rows": 5, "rule": "best"}, "rule_unknown"),
        ({"rows": 5, "rule": "teacher_passes"}, "evaluator_needed"),
        ({"rows": 5, "evaluator": "E"}, "evaluator_needed"),
        ({"rows": 5, "seed": ""}, "seed_invalid"),
        ({"rows": 5, "seed": "x" * 65}, "seed_invalid"),
        ({"rows": 5, "at_least": {"gold": -1}}, "rows_out_of_range"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(recipe: dict[str, object], code: str) -> None:
    with pytest.raises(RecipeRefused) as refused:
        Recipe(**recipe)  # type: ignore[arg-type]
    assert refused.value.code == code


def test_unknown_cohorts_and_empty_choices_are_refused() -> None:
    with pytest.raises(RecipeRefused) as strange:
        choose(ROWS, Recipe(rows=5, at_least={"zinc": 3}), weights=WEIGHTS)
    with pytest.raises(RecipeRefused) as empty:
        choose([Candidate("a", "gold", False)], Recipe(rows=5, rule="teacher_passes", evaluator="E"), weights=WEIGHTS)
    assert (strange.value.code, empty.value.code) == ("cohort_unknown", "nothing_chosen")
