"""Whoever catches everything hides the next fault: only a process's outer edge may, and each is listed here."""

import ast
from collections import Counter
from collections.abc import Iterator

from tests.house.source import functions_of, name_of, product_modules, tree_of

BROAD = {"Exception", "BaseException"}
# "path::function": why this is the outer edge of a process.
EDGES: dict[str, str] = {
    "apps/api/base.py::Endpoint.dispatch": "the outer edge of a request: whatever rises becomes a problem document",
}


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind).split(".")[-1] in BROAD for kind in kinds)


def _broad_handlers() -> Iterator[tuple[str, int]]:
    for path in product_modules(migrations=True):
        broad = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ExceptHandler) and _is_broad(node)]
        # Only few files have any, and every function of a file is walked to find whose they are.
        owners = {inner: name for name, node in functions_of(path) for inner in ast.walk(node)} if broad else {}
        for node in broad:
            yield f"{name_of(path)}::{owners.get(node, '<module>')}", node.lineno


def test_only_the_listed_edges_catch_everything():
    found = [f"{place} (line {line})" for place, line in _broad_handlers() if place not in EDGES]
    assert not found, found


def test_the_list_of_edges_is_not_stale():
    used = Counter(place for place, _ in _broad_handlers())
    assert set(EDGES) == set(used) & set(EDGES), f"take off the list: {set(EDGES) - set(used)}"
    assert all(reason.strip() for reason in EDGES.values())


def test_bare_and_grouped_handlers_are_seen():
    source = "".join(f"try:\n pass\nexcept{kind}:\n pass\n" for kind in (" (ValueError, Exception)", "", " OSError"))
    handlers = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler)]
    assert [_is_broad(handler) for handler in handlers] == [True, True, False]
