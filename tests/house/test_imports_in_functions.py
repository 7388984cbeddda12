"""Imports stand at the top of a file; one inside a function says why, on its line or on the line above."""

import ast
import re

from tests.house.source import FunctionNode, functions_of, name_of, product_modules, text_of

# What is left of a comment once the linter's own marks are taken out must still be a reason.
_LINTER_MARK = re.compile(r"noqa(: ?[A-Z0-9, ]+)?|type: ignore(\[[\w, -]+\])?|pragma: [\w ]+")


def _comment(line: str) -> str:
    _, mark, comment = line.partition("#")
    return _LINTER_MARK.sub("", comment).strip(" #-,:;") if mark else ""


def _unreasoned(node: FunctionNode, lines: list[str]) -> list[int]:
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import | ast.ImportFrom):
            above = lines[inner.lineno - 2].strip()
            if not _comment(lines[inner.lineno - 1]) and not (above.startswith("#") and _comment(above)):
                found.append(inner.lineno)
    return found


def test_an_import_inside_a_function_gives_its_reason():
    found = {
        f"{name_of(path)}:{number}"
        for path in product_modules(migrations=True)
        for lines in [text_of(path).splitlines()]
        for _, node in functions_of(path)
        for number in _unreasoned(node, lines)
    }
    assert not found, sorted(found)


def test_a_linter_mark_alone_is_no_reason():
    body = "import a  # noqa: PLC0415", "import b  # noqa: PLC0415 - costs a second", "# Optional.", "import c"
    source = "def f():\n    " + "\n    ".join(body)
    [function] = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert _unreasoned(function, source.splitlines()) == [2]
