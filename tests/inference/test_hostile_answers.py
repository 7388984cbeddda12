"""What a hostile server may cost: bounded memory, bounded time, no secret told, and nobody trusted without a chain."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import ssl
import subprocess
import time
import traceback
from pathlib import Path

import pytest
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from apps.inference import errors
from apps.inference.client import ANSWER_BYTES, Address, Answer, Client
from apps.inference.retry import RetryPolicy
from apps.kernel.chat import ChatRequest, Message
from tests.inference.hostile import Reply, chat, closing_after, dripping, http, resetting_after, serving

LOOPBACK = ("127.0.0.1:*",)
ASK = ChatRequest("a-model", (Message("user", "hi"),))
ONCE = RetryPolicy(random=lambda: 0.0, attempts=1)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PIECE = b"x" * 0x10000
REFUSED = CHUNKED.replace(b"200 OK", b"400 No")
CHUNK = b"10000\r\n" + PIECE + b"\r\n"
HUNDRED_MB = OK + b"Content-Length: 100000000\r\n\r\n"
DEADLINE_S = 1.0
MEMORY_MIB = 64.0
KEY = "sk-0123456789-secret"


def calls(reply: Reply, times: int = 1, *, concurrency: int = 8) -> tuple[list[Answer], float]:
    """The answers and the seconds that the slowest took, each under the same deadline."""

    async def scene() -> tuple[list[Answer], float]:
        async with serving(reply) as server, Client(allow=LOOPBACK, retry=ONCE) as client:
            address = Address(server.base_url, KEY, concurrency)
            took: list[float] = []

            async def call() -> Answer:
                began = time.monotonic()
                answer = await client.complete(address, ASK, deadline_s=DEADLINE_S)
                took.append(time.monotonic() - began)
                return answer

            return list(await asyncio.gather(*(call() for _ in range(times)))), max(took)

    return asyncio.run(scene())


def forget_peak() -> None:
    """Let ``peak_mib`` count from now on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> float:
    """The most resident memory since ``forget_peak``, in MiB."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


BOMB = gzip.compress(b"\0" * 64_000_000)
HEAVY: list[tuple[str, Reply, str]] = [
    ("100 MB", dripping(PIECE, every_s=0, head=HUNDRED_MB), errors.TOO_LARGE),
    ("no end", dripping(CHUNK, every_s=0, head=CHUNKED), errors.TOO_LARGE),
    ("headers without end", dripping(b"X-More: 1\r\n" * 100, every_s=0, head=OK), errors.SHAPE),
    ("one header without end", dripping(PIECE, every_s=0, head=OK + b"X-Long: "), errors.SHAPE),
    ("a first line without end", dripping(PIECE, every_s=0), errors.SHAPE),
    ("gzip bomb", http(BOMB, headers="Content-Encoding: gzip\r\n"), errors.ENCODING),
    ("deflated bomb that says nothing", http(BOMB), errors.SHAPE),
    ("a million objects", http(b'{"a": [' + b"{}," * 1_300_000 + b"{}]}"), errors.SHAPE),
    ("a million lists", http(b"[" + b"[]," * 1_300_000 + b"[]]"), errors.SHAPE),
    ("a million numbers", http(b'{"a": [' + b"1.5," * 1_000_000 + b"1]}"), errors.SHAPE),
    ("a refusal without end", dripping(CHUNK, every_s=0, head=REFUSED), errors.BAD_REQUEST),
    ("silence", dripping(b"", every_s=0.05), errors.DEADLINE),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "fault"), [row[1:] for row in HEAVY], ids=[row[0] for row in HEAVY])
def test_fifty_calls_to_it_end_in_its_fault_in_time_and_in_bounded_memory(reply: Reply, fault: str) -> None:
    forget_peak()
    before = peak_mib()
    answers, slowest_s = calls(reply, 50, concurrency=50)
    assert {answer.fault for answer in answers} <= {fault, errors.DEADLINE}
    assert slowest_s < DEADLINE_S + 1
    answers, _ = calls(reply)
    assert answers[0].fault == fault
    # The calls of the fifty hold at most an answer each, all at once.
    assert peak_mib() - before < MEMORY_MIB + 50 * ANSWER_BYTES / 2**20
    forget_peak()
    before = peak_mib()
    calls(reply, 3, concurrency=1)
    assert peak_mib() - before < MEMORY_MIB


SPEAKING: list[Reply] = [
    http({"error": {"message": f"bad key {KEY}"}}, status="401 Unauthorized"),
    http({"error": {"message": f"bad key {KEY}"}}, status="400 Bad Request"),
    http(b"", status="302 Found", headers=f"Location: http://127.0.0.1/?key={KEY}\r\n"),
    http(f"<html>{KEY}</html>".encode()),
    http({"echo": KEY}),
    closing_after(OK + f"X-Echo: {KEY}\r\nContent-Length: 9\r\n\r\n".encode()),
    closing_after(f"Bearer {KEY}\r\n\r\n".encode()),
    resetting_after(OK + f"X-Echo: {KEY}\r\nContent-Length: 9\r\n\r\n1".encode()),
    closing_after(b""),
]


@pytest.mark.parametrize("reply", SPEAKING, ids=range(len(SPEAKING)))
def test_no_key_is_told_by_any_answer_or_log(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        (answer,), _ = calls(reply)
    assert answer.completion is None
    assert KEY not in repr(answer)
    assert KEY not in caplog.text


def test_no_key_is_told_by_a_traceback() -> None:
    async def scene() -> None:
        client = Client(allow=LOOPBACK)
        await client.complete(Address("http://127.0.0.1:9/v1", KEY), ASK, deadline_s=1)

    with pytest.raises(RuntimeError) as raised:
        asyncio.run(scene())
    assert KEY not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(("allow", "fault"), [(["rebind.test:*"], errors.ADDRESS_BLOCKED), ([], errors.UNREACHABLE)])
def test_a_name_that_leads_elsewhere_by_the_time_of_the_call_hears_nothing(
    allow: list[str], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads_to = ["127.0.0.1", "169.254.169.254"] if allow else ["169.254.169.254"]

    async def resolve(self: object, host: str, port: int, family: int) -> list[ResolveResult]:
        address = leads_to.pop(0)
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def scene() -> tuple[list[str | None], int]:
        monkeypatch.setattr(ThreadedResolver, "resolve", resolve)
        faults = []
        async with serving(http(chat("hello"))) as server:
            for _ in range(len(leads_to)):
                # A name is judged anew in each piece of work; the one before has left no connection to it.
                scheme = "http" if allow else "https"
                async with Client(allow=allow, retry=ONCE) as client:
                    address = Address(f"{scheme}://rebind.test:{server.port}/v1", KEY)
                    faults.append((await client.complete(address, ASK, deadline_s=2)).fault)
            return faults, server.connections

    faults, connections = asyncio.run(scene())
    assert faults == ([None, fault] if allow else [fault])
    assert connections == len(faults) - 1


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    making = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    subprocess.run([*making, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(own_certificate: ssl.SSLContext) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1))
        writer.close()

    async def scene() -> Answer:
        server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=own_certificate)
        port = server.sockets[0].getsockname()[1]
        async with server, Client(allow=LOOPBACK, retry=RetryPolicy(random=lambda: 0.0)) as client:
            return await client.complete(Address(f"https://127.0.0.1:{port}/v1", KEY), ASK, deadline_s=5)

    answer = asyncio.run(scene())
    assert (answer.fault, answer.attempts) == ("tls_untrusted", 1)
    assert [said for said in heard if said] == []


def test_an_ordinary_call_needs_none_of_this() -> None:
    (answer,), took_s = calls(http(chat("hello")))
    assert answer.completion is not None
    assert (answer.completion.text, took_s < DEADLINE_S) == ("hello", True)
