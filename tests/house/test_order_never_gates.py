"""The shrunken differences order a list and nothing else: whatever judges does not import them (statistics.md §0.7)."""

from __future__ import annotations

import ast

import pytest

from tests.house.source import ROOT, modules, name_of, tree_of

ORDERS = ("display_order", "shrinkage")
MAY_ASK = (
    "apps/kernel/display_order.py",
    "apps/console/",
    "apps/api/v1/",
)


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {part for alias in node.names for part in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            found |= {*(node.module or "").split("."), *(alias.name for alias in node.names)}
    return found


def test_only_what_shows_a_list_imports_its_order() -> None:
    askers = {name_of(path) for path in modules("apps") if imported(tree_of(path)) & set(ORDERS)}
    assert askers
    assert not [name for name in askers if not name.startswith(MAY_ASK)]


@pytest.mark.parametrize("source", ["from apps.kernel import display_order", "import apps.kernel.statistics.shrinkage"])
def test_the_guard_sees_an_import(source: str) -> None:
    assert imported(ast.parse(source)) & set(ORDERS)


def test_the_contract_names_what_judges() -> None:
    contracts = (ROOT / "pyproject.toml").read_text()
    assert 'name = "7 the order of a list never gates"' in contracts
