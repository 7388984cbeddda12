"""Pictures are drawn from the tables they show, and each room's migrations end in one leaf."""

from __future__ import annotations

from django.db.migrations.loader import MigrationLoader

from docs import generate_lifecycles


def test_the_drawn_lifecycles_are_the_tables() -> None:
    assert generate_lifecycles.PAGE.read_text() == generate_lifecycles.page(), "run: python docs/generate_lifecycles.py"


def test_each_room_has_one_last_migration_and_names_that_say_something() -> None:
    loader = MigrationLoader(None)
    ours = {app for app, _ in loader.graph.nodes if f"apps.{app}" in str(loader.migrations_module(app)[0])}
    assert ours
    for app in ours:
        assert len(loader.graph.leaf_nodes(app)) == 1, app
        for _, name in [node for node in loader.graph.nodes if node[0] == app]:
            assert "auto" not in name, f"{app}.{name}"
