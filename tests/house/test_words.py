"""The words GLOSSARY.md keeps out of names do not appear in the names we give."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import ROOT, name_of, product_modules, tree_of

SECTION = "## Words kept out of names"
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def banned() -> tuple[set[str], set[str]]:
    """(words no name may contain, names nothing may be called as a whole), as the glossary lists them."""
    section = (ROOT / "GLOSSARY.md").read_text().split(SECTION)[1].split("\n## ")[0]
    lines = {
        line.split(":")[0]: set(re.findall(r"`(\w+)`", line)) for line in section.splitlines() if line.startswith("- ")
    }
    return lines["- As part of a name"], lines["- As a whole name"]


def names_given(tree: ast.AST) -> Iterator[str]:
    """Names of functions, classes, arguments and variables that this module defines itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def offends(name: str, parts: set[str], wholes: set[str]) -> bool:
    return name.lower() in wholes or bool({word.lower() for word in _WORD.findall(name)} & parts)


def test_no_name_uses_a_word_we_avoid():
    parts, wholes = banned()
    found = {
        f"{name_of(path)}: {name}"
        for path in product_modules()
        for name in names_given(tree_of(path))
        if offends(name, parts, wholes)
    }
    assert not found, "\n".join(sorted(found))


def test_no_module_or_room_is_named_by_a_word_we_avoid():
    parts, _ = banned()
    found = {
        name_of(path)
        for path in product_modules()
        for name in (path.stem, path.parent.name)
        if offends(name, parts, set())
    }
    assert not found


def test_the_lists_are_read_and_bite():
    parts, wholes = banned()
    assert "utils" in parts
    assert "data" in wholes
    assert offends("dateUtils", parts, wholes)
    assert offends("data", parts, wholes)
    assert not offends("metadata", parts, wholes)
