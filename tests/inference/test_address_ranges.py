"""Which addresses are never called, which stay closed, and what an operator's entry opens."""

from __future__ import annotations

import ipaddress

import pytest

from apps.inference.address_ranges import is_closed, is_never, rules, unwrapped

NEVER = [
    "0.0.0.1", "0.1.2.3", "169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.8", "192.88.99.1",
    "198.18.0.1", "198.19.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "255.255.255.255", "::", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:a9fe:a9fe::", "2001::1",
    "fe80::1", "fec0::1", "ff02::1", "fd00:ec2::254", "100::1", "2001:db8::1", "3fff::1", "5f00::1",
]  # fmt: skip
CLOSED = ["127.0.0.1", "127.255.0.1", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
          "fc00::1", "fd12:3456::1"]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "198.20.0.1", "168.63.129.15", "2606:4700::1111"]


@pytest.mark.parametrize("spelled", NEVER)
def test_some_addresses_are_never_called(spelled: str) -> None:
    assert is_never(ipaddress.ip_address(spelled))


@pytest.mark.parametrize("spelled", CLOSED)
def test_private_addresses_are_closed_not_forbidden(spelled: str) -> None:
    address = ipaddress.ip_address(spelled)
    assert (is_never(address), is_closed(address)) == (False, True)


@pytest.mark.parametrize("spelled", PUBLIC)
def test_public_addresses_are_open(spelled: str) -> None:
    address = ipaddress.ip_address(spelled)
    assert (is_never(address), is_closed(address)) == (False, False)


@pytest.mark.parametrize(
    ("spelled", "meant"), [("::ffff:10.0.0.1", "10.0.0.1"), ("10.0.0.1", "10.0.0.1"), ("2606:4700::1", "2606:4700::1")]
)
def test_a_mapped_address_is_the_one_inside(spelled: str, meant: str) -> None:
    assert unwrapped(ipaddress.ip_address(spelled)) == ipaddress.ip_address(meant)


@pytest.mark.parametrize(
    ("entry", "address", "host", "port", "opens"),
    [
        ("10.20.0.0/16:8000", "10.20.3.4", "10.20.3.4", 8000, True),
        ("10.20.0.0/16:8000", "10.20.3.4", "vllm.internal", 8000, True),
        ("10.20.0.0/16:8000", "10.20.3.4", "10.20.3.4", 8001, False),
        ("10.20.0.0/16:8000", "10.21.3.4", "10.21.3.4", 8000, False),
        ("10.20.0.0/16:*", "10.20.3.4", "10.20.3.4", 1, True),
        ("vllm.internal:8000", "10.9.9.9", "VLLM.internal", 8000, True),
        ("vllm.internal:8000", None, "vllm.internal", 8000, True),
        ("vllm.internal:8000", "10.9.9.9", "evil.internal", 8000, False),
        ("vllm.internal:8000", "10.9.9.9", "xvllm.internal", 8000, False),
        ("[fd12::]/16:80", "fd12::5", "fd12::5", 80, True),
        ("[::1]:80", "::1", "::1", 80, True),
        ("10.0.0.0/8:80", "fd12::5", "fd12::5", 80, False),
    ],
)
def test_an_entry_opens_its_place_and_no_other(
    entry: str, address: str | None, host: str, port: int, opens: bool
) -> None:
    (rule,) = rules([entry])
    assert rule.opens(None if address is None else ipaddress.ip_address(address), host, port) is opens


def test_only_an_entry_that_names_the_port_opens_by_name() -> None:
    every, named = rules(["10.0.0.0/8:*", "10.0.0.0/8:6379"])
    address = ipaddress.ip_address("10.0.0.1")
    assert not every.opens(address, "10.0.0.1", 6379, by_name=True)
    assert named.opens(address, "10.0.0.1", 6379, by_name=True)


@pytest.mark.parametrize("entry", ["", "10.0.0.0/8", "vllm.internal", ":8000", "host:0", "host:70000", "host:http",
                                   "10.0.0.0/33:80", "a/b:80"])  # fmt: skip
def test_an_entry_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="host-or-network:port"):
        rules([entry])
