"""Only actions and stores write rows, and only move.py writes a status."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import ROOT, name_of, product_modules, tree_of

WRITERS = ("actions", "store")
# Why each of these may write although it is neither.
ALLOWED = {
    "apps/accounts/models.py": "the manager through which Django makes users",
    "apps/audit/move.py": "the only writer of a status",
    "apps/audit/trail.py": "appends to the trail and moves its head",
}
ALWAYS_WRITES = {"bulk_create", "bulk_update", "get_or_create", "update_or_create", "abulk_create", "acreate"}
ON_A_QUERYSET = {"create", "update", "delete", "aupdate", "adelete"}
SQL_VERBS = ("insert ", "update ", "delete ", "truncate ")


def _writes(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        verb, subject = node.func.attr, ast.unparse(node.func.value)
        queryset = any(part in subject for part in ("objects", ".filter(", ".all()", ".exclude(", "select_for_update"))
        bare_delete = verb == "delete" and not node.args and not node.keywords
        saves = verb in {"save", "asave"} and "form" not in subject
        writing_sql = verb in {"execute", "executemany"} and bool(node.args) and _is_writing_sql(node.args[0])
        if verb in ALWAYS_WRITES or saves or bare_delete or writing_sql or (verb in ON_A_QUERYSET and queryset):
            yield node


def _is_writing_sql(node: ast.expr) -> bool:
    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return bool(texts) and texts[0].lstrip().lower().startswith(SQL_VERBS)


def _is_writer(path: Path) -> bool:
    return path.stem in WRITERS or path.parent.name in WRITERS


def test_rows_are_written_in_actions_and_stores_only():
    found = {
        f"{name_of(path)}:{call.lineno} {ast.unparse(call)[:60]}"
        for path in product_modules()
        if path.is_relative_to(ROOT / "apps") and not _is_writer(path) and name_of(path) not in ALLOWED
        for call in _writes(tree_of(path))
    }
    assert not found, "\n".join(sorted(found))


def test_a_status_is_assigned_in_move_only():
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in product_modules()
        if name_of(path) != "apps/audit/move.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store)
    ]
    assert not found, found


def test_the_exemptions_still_write():
    stale = [name for name in ALLOWED if not (ROOT / name).is_file() or not [*_writes(tree_of(ROOT / name))]]
    assert not stale, f"take off the list: {stale}"


def test_the_guard_sees_a_write_and_lets_a_dictionary_pass():
    writing = "Run.objects.create(x=1); run.save(); Run.objects.filter(id=1).update(x=2); rows.delete()"
    sql = 'cursor.execute("UPDATE runs SET x = 1"); cursor.execute(f"insert into {table} values (1)")'
    assert len([*_writes(ast.parse(writing))]) == 4
    assert len([*_writes(ast.parse(sql))]) == 2
    assert not [*_writes(ast.parse('facts.update(a=1); cursor.execute("SELECT 1"); client.create(1)'))]
