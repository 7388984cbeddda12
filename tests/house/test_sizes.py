"""Small rooms: a file or function that passes its limit is split by noun."""

from pathlib import Path

import pytest

from tests.house.source import ROOT, functions_of, modules, name_of, product_modules, text_of

MODULE, FUNCTION, TEST_MODULE = 400, 60, 500
TEMPLATE, SCRIPT, STYLE = 160, 250, 600
# Written by machines or by others; nobody reads them line by line.
NOT_OURS = ("vendor", "dist", "compiled", "node_modules", "staticfiles")


def _lines(path: Path) -> int:
    return text_of(path).count("\n")


def _assets(pattern: str) -> list[Path]:
    found = [
        path for folder in ("templates", "apps", "distillhub", "static") for path in (ROOT / folder).rglob(pattern)
    ]
    return [
        path
        for path in found
        if not set(NOT_OURS) & set(path.parts) and not path.name.endswith((".min.css", ".min.js"))
    ]


def test_modules_stay_within_400_lines():
    long = {name_of(path): _lines(path) for path in product_modules() if _lines(path) > MODULE}
    assert not long


def test_functions_stay_within_60_lines():
    long = {
        f"{name_of(path)}::{name}": node.end_lineno - node.lineno + 1
        for path in product_modules()
        for name, node in functions_of(path)
        if node.end_lineno - node.lineno + 1 > FUNCTION
    }
    assert not long


def test_test_modules_stay_within_500_lines():
    long = {name_of(path): _lines(path) for path in modules("tests") if _lines(path) > TEST_MODULE}
    assert not long


@pytest.mark.parametrize(("pattern", "limit"), [("*.html", TEMPLATE), ("*.js", SCRIPT), ("*.css", STYLE)])
def test_templates_scripts_and_styles_stay_small(pattern, limit):
    long = {name_of(path): _lines(path) for path in _assets(pattern) if _lines(path) > limit}
    assert not long
