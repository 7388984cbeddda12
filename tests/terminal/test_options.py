"""Options shared by commands: who acts, and where."""

from __future__ import annotations

import getpass

import pytest

from apps.kernel.errors import NotFound
from apps.terminal import options
from tests.conftest import Person


def test_whoever_holds_the_shell_acts_under_her_own_name(ada: Person) -> None:
    who = options.operator("acme")
    assert who.organization_id == ada.organization.id
    assert who.actor.label == f"{getpass.getuser()} at the shell"


def test_an_organization_that_is_not_there_names_its_option(db: None) -> None:
    with pytest.raises(NotFound) as refused:
        options.operator("nowhere")
    assert refused.value.where == {"option": "--organization"}
