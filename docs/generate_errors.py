"""Write docs/reference/errors.md: every error code in the source, with its sentence and its home.

python docs/generate_errors.py
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "errors.md"
# Calls whose first two arguments are a code and a sentence, and functions that put a code to a column.
SAYS = {"add", "fault", "problem", "refusal", "refuse", "refuse_blank", "refused", "wrong"}
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+|conflict|forbidden|unavailable")
HEAD = """# Error codes

Every refusal carries one of these codes, on a page, over REST (`application/problem+json`) and in a terminal alike.
A code never changes its meaning; `…` stands for what was found. Written by `python docs/generate_errors.py`.

| code | what it says | said in |
|---|---|---|
"""


@dataclass(frozen=True, order=True)
class Entry:
    code: str
    module: str
    sentence: str


def codes_in(source: str, module: str) -> Iterator[Entry]:
    """Codes written as a class attribute, as ``code=`` of a call, or as the first argument before a sentence."""
    tree = ast.parse(source)
    named = {
        (node.targets[0].id, node.end_lineno or 0): node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            code, title = _attribute(node, "code"), _attribute(node, "title")
            if code and title:
                yield Entry(code, module, title.rstrip(".") + ".")
        elif isinstance(node, ast.Call):
            code, said = _said(node)
            if isinstance(said, ast.Name):
                # A long sentence is often given a name just above the call.
                above = [line for name, line in named if name == said.id and line <= node.lineno]
                said = named[said.id, max(above)] if above else said
            if code and _CODE.fullmatch(code):
                yield Entry(code, module, (_text(said) if said else None) or "")


def _attribute(node: ast.ClassDef, name: str) -> str | None:
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and line.targets[0].id == name:
            return _text(line.value)
    return None


def _said(call: ast.Call) -> tuple[str | None, ast.expr | None]:
    for keyword in call.keywords:
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
            return _text(keyword.value), call.args[0] if call.args else None
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name.lstrip("_").lower() not in SAYS or len(call.args) < 2 or not isinstance(call.args[0], ast.Constant):
        return None, None
    return _text(call.args[0]), call.args[1]


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body) or '…'} / {_text(node.orelse) or '…'}"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (_text(node.left) or "…") + (_text(node.right) or "…")
    return None


def page() -> str:
    """The whole page as it should stand on disk."""
    entries: set[Entry] = set()
    for folder in ("apps", "distillhub"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                entries |= set(codes_in(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()))
    lines = []
    for code in sorted({entry.code for entry in entries}):
        mine = sorted(entry for entry in entries if entry.code == code)
        sentences = dict.fromkeys(_cell(entry.sentence) for entry in mine if entry.sentence)
        homes = dict.fromkeys(f"`{entry.module}`" for entry in mine)
        lines.append(f"| `{code}` | {'<br>'.join(sentences)} | {'<br>'.join(homes)} |\n")
    return HEAD + "".join(lines)


def _cell(sentence: str) -> str:
    return " ".join(sentence.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
