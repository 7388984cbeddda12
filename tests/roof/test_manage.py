"""What manage.py decides before Django starts: who needs the database, as whom, and whether to migrate."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from distillhub.embedded import schema
from distillhub.embedded.commands import Need, need_of, runs_as_owner
from distillhub.embedded.state import REPOSITORY


@pytest.mark.parametrize(
    ("line", "need", "owner"),
    [
        ("", Need.NOTHING, False),
        ("--help", Need.NOTHING, False),
        ("version", Need.NOTHING, False),
        ("check", Need.NOTHING, False),
        ("check --database default", Need.APP, False),
        ("collectstatic --no-input", Need.NOTHING, False),
        ("makemigrations --check --dry-run", Need.NOTHING, True),
        ("migrate", Need.OWNER, True),
        ("migrate --help", Need.NOTHING, True),
        ("showmigrations evals", Need.OWNER, True),
        ("verify_trail", Need.APP, False),
        ("demo --json", Need.APP, False),
        ("evaluate_recorded --golden G", Need.APP, False),
    ],
)
def test_each_command_gets_the_database_it_needs_and_no_more(line: str, need: Need, owner: bool) -> None:
    assert need_of(line.split()) is need
    assert runs_as_owner(line.split()) is owner


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "apps" / "evals" / "migrations").mkdir(parents=True)
    (folder / "apps" / "evals" / "migrations" / "0001_first.py").write_text("first")
    (folder / "requirements").mkdir()
    (folder / "requirements" / "base.txt").write_text("django==5.2.19")
    return folder


def test_the_digest_is_that_of_names_lengths_and_contents(repository: Path) -> None:
    assert schema.digest(repository) == "a50519b7508c21893d4ce5a37a3dfc853bdb23301cec9635a144bb19b3e2b9df"


def test_a_new_a_changed_and_a_renamed_migration_and_a_new_package_each_change_the_digest(repository: Path) -> None:
    seen = {schema.digest(repository)}
    migrations = repository / "apps" / "evals" / "migrations"
    (migrations / "0002_second.py").write_text("second")
    seen.add(schema.digest(repository))
    (migrations / "0002_second.py").write_text("changed")
    seen.add(schema.digest(repository))
    (migrations / "0002_second.py").rename(migrations / "0002_renamed.py")
    seen.add(schema.digest(repository))
    (repository / "requirements" / "base.txt").write_text("django==5.2.20")
    seen.add(schema.digest(repository))
    assert len(seen) == 5
    (repository / "apps" / "evals" / "models.py").write_text("no migration")
    assert schema.digest(repository) in seen


def test_tables_are_current_only_with_the_digest_of_todays_files(repository: Path, tmp_path: Path) -> None:
    assert not schema.is_current(tmp_path, repository)
    (tmp_path / "migrated").write_text(schema.digest(repository))
    assert schema.is_current(tmp_path, repository)
    (repository / "apps" / "evals" / "migrations" / "0002_second.py").write_text("second")
    assert not schema.is_current(tmp_path, repository)


def test_tables_of_one_database_say_nothing_of_anothers(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that a test ran on its own database once left the installation's without tables."""
    stamp, ran = tmp_path / "migrated", list[str | None]()

    def migrate(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        ran.append(os.environ.get("DISTILLHUB_DATABASE_NAME"))
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(schema, "home_folder", lambda: tmp_path)
    monkeypatch.setattr(schema.subprocess, "run", migrate)
    monkeypatch.setenv("DISTILLHUB_DATABASE_NAME", "another")
    assert schema.ensure()
    assert not schema.ensure()
    monkeypatch.delenv("DISTILLHUB_DATABASE_NAME")
    assert schema.ensure()
    assert not schema.ensure()
    assert (ran, stamp.read_text()) == (["another", None], schema.digest())


def test_forgetting_lets_the_next_command_migrate_again(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "migrated").write_text(schema.digest(repository))
    schema.forget(tmp_path)
    assert not schema.is_current(tmp_path, repository)
    schema.forget(tmp_path)


def test_a_bare_python_finds_the_repositorys_own_environment(tmp_path: Path) -> None:
    # -S hides every installed package, as on a machine where only Python itself is there.
    said = subprocess.run(
        ["python3", "-S", str(REPOSITORY / "manage.py"), "version"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("5.2.")
