from __future__ import annotations

import pytest

from apps.kernel.policy import SHAPES, parse
from apps.kernel.policy.figures import KINDS, SCOPES


@pytest.mark.parametrize("figure", SHAPES)
def test_every_example_is_a_rule_that_says_all_its_fields(figure: str) -> None:
    example = {"id": "r", "figure": figure, **SHAPES[figure].example}
    parsed = parse({"name": "p", "rules": [example]})
    assert set(example) <= set(parsed.rules[0].document())
    assert parse(parsed.document()) == parsed


@pytest.mark.parametrize("figure", SHAPES)
def test_a_figure_is_refused_where_it_cannot_be_asked_and_says_why(figure: str) -> None:
    shape = SHAPES[figure]
    assert (shape.scopes == SCOPES) == (shape.scope_refused is None)
    assert set(shape.scopes) <= set(SCOPES)
    assert shape.example["kind"] in (KINDS if not shape.guards_only else ("guard",))


@pytest.mark.parametrize("figure", SHAPES)
def test_no_limit_may_be_below_zero_or_beyond_reason(figure: str) -> None:
    assert SHAPES[figure].check(-0.5) is not None
    assert SHAPES[figure].check(float(str(SHAPES[figure].example[SHAPES[figure].limit]))) is None
