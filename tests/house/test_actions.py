"""Every public verb of a room is an action: it asks for a permission and leaves an event with a sentence."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from apps.audit.action import ACTIONS
from apps.tenancy.permissions import Permission
from tests.house.source import ROOT

MODULES = sorted(path.parent.name for path in (ROOT / "apps").glob("*/actions.py"))
EVENT = re.compile(r"[a-z_]+\.[a-z_]+\Z")


def verbs(room: str) -> list[tuple[str, object]]:
    module = importlib.import_module(f"apps.{room}.actions")
    return [
        (name, value)
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    ]


@pytest.mark.parametrize("room", MODULES)
def test_each_public_function_is_an_action(room: str) -> None:
    found = verbs(room)
    assert found, f"apps/{room}/actions.py has no verb"
    for name, verb in found:
        assert hasattr(verb, "event"), f"apps/{room}/actions.py::{name} is no @action"


def test_events_are_unique_and_named_noun_and_past_participle() -> None:
    acts = [verb for room in MODULES for _, verb in verbs(room)]
    events = [verb.event for verb in acts]
    assert sorted(events) == sorted(set(events))
    assert set(events) == set(ACTIONS)
    for verb in acts:
        assert EVENT.match(verb.event), verb.event
        assert verb.event.endswith(("ed", "en", "et")), verb.event
        assert isinstance(verb.needs, Permission)
        assert verb.says.strip()


def test_nothing_but_the_permission_table_grants() -> None:
    """A permission that no action asks for is a promise nobody keeps."""
    asked = {verb.needs for room in MODULES for _, verb in verbs(room)}
    assert set(Permission) - asked == {Permission.VIEW, Permission.VIEW_TRAIL}


def test_actions_stand_only_in_actions_modules() -> None:
    elsewhere = [
        path.relative_to(ROOT)
        for path in (ROOT / "apps").rglob("*.py")
        if "@action(" in path.read_text() and path.name not in ("actions.py", "action.py")
    ]
    assert elsewhere == []
