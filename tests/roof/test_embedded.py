"""The embedded services, on real servers in a temporary home."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from distillhub.embedded import services, state
from distillhub.embedded.state import ServiceState, StateUnreadable


@contextmanager
def own_home(folder: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("BROKER_URL", raising=False)
        patch.setenv("DISTILLHUB_HOME", str(folder))
        yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISTILLHUB_HOME", str(folder))
        services.clean()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceState]:
    """Servers for tests that only talk to them."""
    with own_home(tmp_path_factory.mktemp("standing") / "home"):
        yield services.ensure()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with own_home(tmp_path / "home") as folder:
        yield folder


@pytest.fixture
def running(home: Path) -> ServiceState:
    """Servers for tests that stop, kill or delete them."""
    return services.ensure()


def ask(url: str, statement: str) -> tuple[object, ...]:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return tuple(row)


def tell(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def broker_says(current: ServiceState, *commands: str) -> list[str]:
    with socket.create_connection(("127.0.0.1", current.valkey_port), timeout=5) as connection:
        connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
        with connection.makefile("r") as answers:
            return [answers.readline().strip() for _ in commands]


def test_both_roles_log_in_and_neither_can_step_around_row_level_security(standing: ServiceState) -> None:
    rights = "SELECT session_user, rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = session_user"
    assert ask(standing.database_url, rights) == ("distillhub_app", False, False, False)
    assert ask(standing.database_owner_url, rights) == ("distillhub_owner", False, False, True)


def test_a_wrong_password_and_no_password_are_refused(standing: ServiceState) -> None:
    for url in (standing.database_url, standing.superuser_url):
        password = state.password_of(url)
        for wrong in (url.replace(password, "wrong"), url.replace(f":{password}", "")):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(wrong)
    assert broker_says(standing, "PING") == ["-NOAUTH Authentication required."]
    assert broker_says(standing, "AUTH wrong")[0].startswith("-WRONGPASS")


@pytest.mark.parametrize("database", ["distillhub", "made_by_the_owner"])
def test_the_app_role_reads_and_writes_the_owners_tables_and_can_do_no_more(
    standing: ServiceState, database: str
) -> None:
    owner, app = (
        f"{url.rpartition('/')[0]}/{database}" for url in (standing.database_owner_url, standing.database_url)
    )
    if database != "distillhub":
        tell(standing.database_owner_url, f"CREATE DATABASE {database}")
    tell(owner, "CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY, words text)")
    tell(app, "INSERT INTO note (words) VALUES ('first'), ('second')")
    tell(app, "UPDATE note SET words = 'changed' WHERE id = 1")
    tell(app, "DELETE FROM note WHERE id = 2")
    for forbidden in ("TRUNCATE note", "DROP TABLE note", "CREATE TABLE mine (id int)", "CREATE DATABASE mine"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tell(app, forbidden)
    assert ask(owner, "SELECT id, words, (SELECT count(*) FROM note) FROM note") == (1, "changed", 1)


def test_the_server_listens_on_the_loopback_address_only_and_keeps_its_files_safe(standing: ServiceState) -> None:
    settings = (
        "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories'), "
        "current_setting('data_checksums'), current_setting('fsync'), current_setting('synchronous_commit'), "
        "current_setting('max_connections'), current_setting('shared_buffers')"
    )
    assert ask(standing.superuser_url, settings) == ("127.0.0.1", "", "on", "on", "on", "100", "128MB")
    assert broker_says(standing, f"AUTH {state.password_of(standing.broker_url)}", "CONFIG GET bind")[0] == "+OK"
    assert (Path(standing.home) / "services.json").stat().st_mode & 0o777 == 0o600
    assert (Path(standing.home) / "valkey" / "valkey.conf").stat().st_mode & 0o777 == 0o600


@pytest.mark.chaos
def test_after_kill_9_of_the_postmaster_the_committed_rows_are_there(running: ServiceState) -> None:
    tell(running.database_owner_url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    killed = services.status()["postgres"]
    assert killed
    os.kill(killed, signal.SIGKILL)
    again = services.ensure()
    assert services.status()["postgres"] not in (None, killed)
    assert again == running
    assert ask(again.database_url, "SELECT count(*) FROM kept") == (1000,)


@pytest.mark.chaos
def test_after_kill_9_of_the_broker_its_messages_are_there(running: ServiceState) -> None:
    auth = f"AUTH {state.password_of(running.broker_url)}"
    assert broker_says(running, auth, "LPUSH queue message") == ["+OK", ":1"]
    time.sleep(1.2)  # the log reaches the disk every second
    killed = services.status()["valkey"]
    assert killed
    os.kill(killed, signal.SIGKILL)
    assert broker_says(services.ensure(), auth, "LLEN queue") == ["+OK", ":1"]


def test_a_second_ensure_changes_nothing_and_a_restart_keeps_ports_and_rows(running: ServiceState) -> None:
    before = services.status()
    assert services.ensure() == running
    assert services.status() == before
    tell(running.database_owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert services.stop() == ("valkey", "postgres")
    assert services.status() == {"postgres": None, "valkey": None}
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(running.database_url)
    assert services.stop() == ()
    assert services.ensure() == running
    assert ask(running.database_url, "SELECT n FROM kept") == (7,)


def test_a_port_that_somebody_took_meanwhile_is_replaced(running: ServiceState) -> None:
    services.stop()
    with socket.create_server(("127.0.0.1", running.postgres_port)):
        moved = services.ensure()
    assert moved.postgres_port != running.postgres_port
    assert moved.valkey_port == running.valkey_port
    assert ask(moved.database_url, "SELECT 1") == (1,)
    assert state.read() == moved


def test_a_lost_pid_file_does_not_start_a_second_server(running: ServiceState, home: Path) -> None:
    before = services.status()
    for name in ("postgres", "valkey"):
        (home / "run" / f"{name}.json").unlink()
    assert services.ensure() == running
    assert services.status() == before


def test_two_first_starts_at_once_yield_one_server(home: Path) -> None:
    script = "from distillhub.embedded import services; print(services.ensure(), services.status())"
    both = [
        subprocess.Popen([sys.executable, "-c", script], cwd=state.REPOSITORY, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    assert said[0].startswith("ServiceState(")


def test_clean_ends_the_servers_and_deletes_their_data(running: ServiceState, home: Path) -> None:
    services.clean()
    assert not Path(running.postgres_folder).exists()
    assert not (home / "valkey").exists()
    assert state.read() is None
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(running.database_url)


def test_a_lost_state_file_gives_new_servers_and_leaves_the_old_rows_in_their_folder(
    running: ServiceState, home: Path
) -> None:
    (home / "services.json").unlink()
    again = services.ensure()
    assert ask(again.database_url, "SELECT 1") == (1,)
    assert again.postgres_folder == f"{running.postgres_folder}+2"
    assert (Path(running.postgres_folder) / "data" / "PG_VERSION").is_file()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(running.database_url)
    services.clean()
    assert not Path(running.postgres_folder).exists()
    assert not Path(again.postgres_folder).exists()


def test_clean_works_on_a_damaged_state_file(running: ServiceState, home: Path) -> None:
    (home / "services.json").write_text("{}")
    with pytest.raises(StateUnreadable, match="make clean"):
        services.ensure()
    services.clean()
    assert not Path(running.postgres_folder).exists()
    assert services.ensure().secret_key != running.secret_key


def test_services_named_by_the_environment_are_not_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:secret@db.example/distillhub")
    monkeypatch.setenv("BROKER_URL", "redis://broker.example/0")
    given = services.ensure()
    assert given.database_url == given.database_owner_url == "postgresql://app:secret@db.example/distillhub"
    assert given.broker_url == "redis://broker.example/0"
    assert services.status() == {"postgres": None, "valkey": None}
    assert state.read() is None


def test_a_missing_postgres_is_said_in_one_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", "/nowhere")
    with pytest.raises(RuntimeError, match="PG_BIN=/nowhere has no initdb and postgres in it"):
        services.ensure()
