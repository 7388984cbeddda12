"""The schema of a policy says what the kernel reads."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from apps.api.v1.policy_shape import example_of, policy_schema
from apps.kernel.policy import SHAPES, TEMPLATES, PolicyRefused, parse

CHECKER = Draft202012Validator(policy_schema())


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_and_what_is_stored_of_it_fits(name: str) -> None:
    assert CHECKER.is_valid(dict(TEMPLATES[name]))
    assert CHECKER.is_valid(parse(TEMPLATES[name]).document())


@pytest.mark.parametrize("figure", SHAPES)
def test_every_figure_is_in_the_schema_with_an_example_that_is_read(figure: str) -> None:
    document = {"name": "p", "rules": [example_of(figure, SHAPES[figure])]}
    assert CHECKER.is_valid(document)
    assert CHECKER.is_valid(parse(document).document())


@pytest.mark.parametrize("figure", SHAPES)
@pytest.mark.parametrize(
    "change", [{"kind": "hope"}, {"scope": "some"}, {"colour": 1}, {"quantile": "p99"}, {"until": "byte"}]
)
def test_what_the_schema_refuses_the_kernel_refuses_too(figure: str, change: dict[str, object]) -> None:
    document = {"name": "p", "rules": [{**example_of(figure, SHAPES[figure]), **change}]}
    assert not CHECKER.is_valid(document)
    with pytest.raises(PolicyRefused):
        parse(document)
