"""Options shared by commands: who acts, and where."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from decimal import Decimal

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


def test_a_budget_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    options.add_run(parser)  # type: ignore[arg-type]
    names = ["--dataset=d", "--teacher=t", "--student=s", "--suite=x"]
    assert parser.parse_args([*names, "--budget=2.50"]).budget == Decimal("2.50")
    with pytest.raises(SystemExit) as ended:
        parser.parse_args([*names, "--budget=much"])
    assert ended.value.code == 2
    assert "'much' is no number of US dollars" in capsys.readouterr().err
