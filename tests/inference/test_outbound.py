"""Which URLs are let out, and which sockets are opened. Nothing here leaves this machine."""

from __future__ import annotations

import ast
import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp.abc import ResolveResult

from apps.inference.outbound import AddressBlocked, Door, check_address, check_url

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ("127.0.0.1:*", "localhost:*")


def code_of(url: str, *, allow: Sequence[str] = ()) -> str | None:
    """The code a URL is refused with, None for one that passes."""
    try:
        check_url(url, allow=allow)
    except AddressBlocked as blocked:
        return blocked.code
    return None


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://models.example/openai?api-version=2026-01-01",
        "https://1.1.1.1/v1",
        "https://[2606:4700::1111]/v1",
        "https://a_b.example/v1",
        "HTTPS://API.EXAMPLE/v1",
    ],
)
def test_a_public_https_url_passes(url: str) -> None:
    assert code_of(url) is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "scheme_not_allowed"),
        ("gopher://models.example/", "scheme_not_allowed"),
        ("models.example/v1", "scheme_not_allowed"),
        ("", "scheme_not_allowed"),
        ("javascript:alert(1)", "scheme_not_allowed"),
        ("https://user:key@models.example/v1", "url_has_credentials"),
        ("http://127.0.0.1:80@evil.example/", "url_has_credentials"),
        ("https://models.example\\@10.0.0.1/", "url_invalid"),
        ("https:///v1", "url_invalid"),
        ("https://models.example:0/", "url_invalid"),
        ("https://models.example:99999/", "url_invalid"),
        ("https://models.example:http/", "url_invalid"),
        ("https://models.example/v1#part", "url_invalid"),
        ("https://models.example/v1#", "url_invalid"),
        ("https://models%2eexample/", "url_invalid"),
        ("https://mod els.example/", "url_invalid"),
        ("https://models.example/\n", "url_invalid"),
        ("https://models.example/\x00", "url_invalid"),
        ("https://[fe80::1%25eth0]/", "url_invalid"),
        ("https://modèle.example/", "url_invalid"),
        ("https://" + "a" * 64 + ".example/", "url_invalid"),
        ("https://" + "a." * 130 + "example/", "url_invalid"),
        ("https://models.example/" + "a" * 2048, "url_invalid"),
        ("http://models.example/v1", "https_required"),
        ("http://1.1.1.1/v1", "https_required"),
        ("https://models.example:6379/", "port_not_allowed"),
        ("https://models.example:22/", "port_not_allowed"),
    ],
)
def test_what_is_no_honest_url_is_refused_by_name(url: str, code: str) -> None:
    assert code_of(url) == code


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "0", "0.0.0.1", "[::1]", "[::]", "localhost",
        "localhost.", "sub.localhost", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]",
        "169.254.169.254", "0xa9fea9fe", "168.63.129.16", "100.100.100.200", "10.0.0.1", "172.16.5.5", "192.168.0.1",
        "100.64.0.1", "[fd00:ec2::254]", "[fe80::1]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "224.0.0.1",
        "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
def test_every_spelling_of_a_closed_address_is_refused(host: str) -> None:
    assert code_of(f"https://{host}/v1") == "address_blocked"


@pytest.mark.parametrize(
    ("url", "allow", "code"),
    [
        ("http://127.0.0.1:8080/v1", LOOPBACK, None),
        ("http://localhost:8080/v1", LOOPBACK, None),
        ("http://10.20.3.4:8000/v1", ("10.20.0.0/16:8000",), None),
        ("http://10.20.3.4:8001/v1", ("10.20.0.0/16:8000",), "address_blocked"),
        ("http://vllm.internal:8000/v1", ("vllm.internal:8000",), None),
        ("http://vllm.internal:8001/v1", ("vllm.internal:8000",), "https_required"),
        ("http://169.254.169.254/v1", ("169.254.0.0/16:*", "169.254.169.254:80"), "address_blocked"),
        ("http://10.20.3.4:9200/v1", ("10.20.0.0/16:*",), "port_not_allowed"),
        ("http://10.20.3.4:9200/v1", ("10.20.0.0/16:9200",), None),
    ],
)
def test_an_operator_opens_private_places_and_only_those(url: str, allow: Sequence[str], code: str | None) -> None:
    assert code_of(url, allow=allow) == code


def test_an_open_host_is_still_judged_by_where_it_leads() -> None:
    metadata = ipaddress.ip_address("169.254.169.254")
    with pytest.raises(AddressBlocked):
        check_address(metadata, host="vllm.internal", port=8000, allow=["vllm.internal:8000"])
    check_address(ipaddress.ip_address("10.1.1.1"), host="vllm.internal", port=8000, allow=["vllm.internal:8000"])


def resolved(*addresses: str, allow: Sequence[str] = (), host: str = "models.example") -> Door:
    """A door that has resolved a name to these addresses. Raises what the door raises."""

    async def scene() -> Door:
        door = Door(allow)

        class Names:
            async def resolve(self, name: str, port: int, family: int) -> list[ResolveResult]:
                return [
                    ResolveResult(hostname=name, host=address, port=port, family=0, proto=0, flags=0)
                    for address in addresses
                ]

        door._inner = Names()  # type: ignore[assignment]
        await door.resolve(host, 443)
        return door

    return asyncio.run(scene())


def opened(door: Door, address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    place = (address, port, 0, 0) if ":" in address else (address, port)
    door.socket((family, socket.SOCK_STREAM, 0, "", place)).close()


def test_a_socket_is_opened_to_what_was_judged_and_to_nothing_else() -> None:
    door = resolved("1.1.1.1")
    opened(door, "1.1.1.1", 443)
    for address, port in (("1.1.1.1", 80), ("10.0.0.1", 443), ("::1", 443)):
        with pytest.raises(AddressBlocked):
            opened(door, address, port)


def test_one_closed_address_among_a_names_refuses_all() -> None:
    with pytest.raises(AddressBlocked):
        resolved("1.1.1.1", "10.0.0.1")


@pytest.mark.parametrize("address", ["fe80::1%eth0", "::ffff:10.0.0.1", "0.0.0.1"])
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(AddressBlocked):
        resolved(address)


def test_a_name_that_changes_its_answer_after_the_judgement_gains_nothing() -> None:
    door = resolved("1.1.1.1")
    with pytest.raises(AddressBlocked):
        opened(door, "169.254.169.254", 443)


def test_a_literal_address_is_judged_before_it_is_connected_to() -> None:
    async def scene() -> Door:
        return Door(["10.0.0.1:8000"])

    door = asyncio.run(scene())
    with pytest.raises(AddressBlocked):
        opened(door, "10.0.0.1", 8000)
    door.admit("http://10.0.0.1:8000/v1")
    opened(door, "10.0.0.1", 8000)


def test_nothing_else_in_the_product_speaks_to_the_network() -> None:
    """One door. The demo looks whether a model server that it started on loopback is up, and calls nothing else."""
    clients = {"httpx", "aiohttp", "requests", "urllib3", "httpx_aiohttp"}
    found = set()
    for path in (ROOT / "apps").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            if any(name.split(".")[0] in clients or name in ("urllib.request", "http.client") for name in names):
                inside = path.relative_to(ROOT / "apps")
                found.add("inference" if inside.parts[0] == "inference" else inside.as_posix())
    assert found == {"inference", "demo/local_models.py"}
