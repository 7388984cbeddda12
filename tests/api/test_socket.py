"""Over a real socket: the server of the product, the test database, and clients that hang up."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from apps.datasets.models import DatasetVersion
from apps.projects import actions as projects
from apps.tenancy.acting import acting
from tests.api.conftest import key_for
from tests.conftest import Person, founder
from tests.database import REPOSITORY
from tests.factories.runs import golden_rows, lines

START_S = 30.0


@pytest.fixture(scope="module")
def server(django_db_setup: None, database_name: str) -> Iterator[str]:
    """The address of a granian of its own over this process's test database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "2", "--no-ws"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--host", "127.0.0.1", "--port", str(port), "distillhub.wsgi:application"],
        cwd=REPOSITORY,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "distillhub.settings", "DISTILLHUB_DATABASE_NAME": database_name},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/healthz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"no server at {address}: exit code {process.poll()}")


@pytest.fixture
def zoe(committed: None) -> Person:
    name = f"socket-{secrets.token_hex(4)}"
    zoe = founder(f"{name}@example.test", name)
    with acting(zoe.who):
        projects.open_project(slug="bot")
    return zoe


def test_a_key_works_over_a_socket_and_problems_stay_problems(server: str, zoe: Person) -> None:
    signed_in = {"base_url": f"{server}/api/v1", "headers": {"Authorization": f"Bearer {key_for(zoe)}"}}
    with httpx.Client(**signed_in) as client:
        assert client.get("/me").json()["organization"]["slug"] == zoe.organization.slug
        golden = lines(golden_rows(50))
        made = client.post("/projects/bot/datasets?name=golden", files={"file": ("golden.jsonl", golden)})
        assert (made.status_code, made.json()["ref"]) == (201, "golden@1")
        too_large = client.post("/projects", content=b'{"slug": "' + b"a" * 3_000_000 + b'"}',
                                headers={"Content-Type": "application/json"})  # fmt: skip
        assert (too_large.status_code, too_large.json()["code"]) == (413, "body_too_large")
    # A server may close the connection on which it refused to read a body to its end.
    with httpx.Client(**signed_in) as client:
        assert client.get("/projects/").json()["code"] == "not_found"
    assert httpx.get(f"{server}/api/v1/me").json()["code"] == "key_missing"


def test_an_upload_whose_sender_hangs_up_leaves_nothing(server: str, zoe: Person) -> None:
    key = key_for(zoe)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="g.jsonl"\r\n\r\n' + lines(golden_rows(500))
    whole = len(body) + len(b"\r\n--x--\r\n")
    head = (
        "POST /api/v1/projects/bot/datasets?name=cut HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Content-Length: {whole}\r\n\r\n"
    ).encode()
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head + body[: int(len(body) * 0.6)])
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    if answer:  # a server may also just close
        assert b" 400 " in answer.split(b"\r\n")[0], answer
    with httpx.Client(base_url=f"{server}/api/v1", headers={"Authorization": f"Bearer {key}"}) as client:
        assert json.loads(client.get("/projects/bot/datasets").content)["data"] == []
    with acting(zoe.who):
        assert not DatasetVersion.objects.exists()
