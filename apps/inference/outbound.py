"""The one outbound door: which URLs may be called, and which addresses may be connected to.

A URL is judged when it is saved; its addresses are judged again at the moment of connecting, and the connection goes
to the address that was judged, so that a name which changes its answer in between gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from apps.kernel.errors import InvalidInput

URL_LENGTH = 2048
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# No permission opens these: metadata services, multicast, documentation, translation and tunnel ranges.
NEVER: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.0/24",
            "192.88.99.0/24", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fe80::/10", "fec0::/10",
            "ff00::/8", "fd00:ec2::254/128", "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16",
        ),
    )
)  # fmt: skip
# Open only where the operator allows them by network or host, and port.
CLOSED: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        (
            "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7",
        ),
    )
)  # fmt: skip
UNSPECIFIED_V6 = ipaddress.ip_network("::/96")
PORTS_REFUSED = frozenset({22, 25, 2375, 2376, 2379, 5432, 6379, 9200, 11211})
HOST = re.compile(r"[A-Za-z0-9._:\-]+\Z")


class AddressBlocked(InvalidInput):
    """The address may not be called."""

    code = "address_blocked"
    title = "This address may not be called"


def check_url(url: str, *, allow: Sequence[str] = ()) -> None:
    """Judge a URL as text. Raises AddressBlocked with scheme_not_allowed, url_has_credentials, url_invalid,

    port_not_allowed, https_required or, for a literal address, address_blocked. Names are judged when connecting.
    """
    if len(url) > URL_LENGTH or not url.isascii() or any(character.isspace() for character in url):
        raise AddressBlocked("The URL is too long or holds blanks or letters outside ASCII.", code="url_invalid")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise AddressBlocked("The URL cannot be read; its port is 1 to 65535.", code="url_invalid") from None
    if parts.scheme not in ("http", "https"):
        raise AddressBlocked(f"'{parts.scheme[:20]}' is not allowed; use https.", code="scheme_not_allowed")
    if "@" in parts.netloc:
        raise AddressBlocked("The URL carries credentials; enter the key apart.", code="url_has_credentials")
    host = parts.hostname or ""
    if not HOST.match(host) or parts.fragment or "%" in parts.netloc:
        raise AddressBlocked("The URL has no usable host, or a fragment.", code="url_invalid")
    _check_port(host, port, allow)
    literal = _literal(host)
    if literal is not None:
        check_address(literal, host=host, port=port, allow=allow)
        if parts.scheme == "http" and not _is_closed(literal):
            raise AddressBlocked("A public address is called by https only.", code="https_required")
    elif parts.scheme == "http" and host != "localhost" and not _is_allowed(None, host, port, allow):
        raise AddressBlocked("A public host is called by https only.", code="https_required")


def check_address(address: Address, *, host: str, port: int, allow: Sequence[str] = ()) -> None:
    """Judge one resolved address. Raises AddressBlocked."""
    unwrapped = getattr(address, "ipv4_mapped", None) or address
    never = any(unwrapped in network for network in NEVER if network.version == unwrapped.version)
    if never or (unwrapped.version == 6 and unwrapped in UNSPECIFIED_V6 and str(unwrapped) != "::1"):
        raise AddressBlocked(f"{host[:80]} leads to an address that is never called.")
    if _is_closed(unwrapped) and not _is_allowed(unwrapped, host, port, allow):
        raise AddressBlocked(
            f"{host[:80]}:{port} leads into a private network that is not opened here.",
            fix=f"An operator may add {host[:80]}:{port} to DISTILLHUB_OUTBOUND_ALLOW.",
        )


class GuardedResolver(AbstractResolver):
    """Resolves names for aiohttp and hands over only addresses that passed; one bad address refuses all."""

    def __init__(self, allow: Sequence[str]) -> None:
        self._allow = tuple(allow)
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            check_address(ipaddress.ip_address(result["host"]), host=host, port=port, allow=self._allow)
        return found

    async def close(self) -> None:
        await self._inner.close()


def _check_port(host: str, port: int, allow: Sequence[str]) -> None:
    if port in PORTS_REFUSED:
        raise AddressBlocked(f"Port {port} is not a model server's.", code="port_not_allowed")


def _literal(host: str) -> Address | None:
    """The address that a host spells, in every spelling the system's resolver takes (2130706433, 0x7f.1, 127.1)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _is_closed(address: Address) -> bool:
    return any(address in network for network in CLOSED if network.version == address.version)


def _is_allowed(address: Address | None, host: str, port: int, allow: Sequence[str]) -> bool:
    """Entries are ``host-or-network:port``; ``*`` for the port opens all of them."""
    for entry in allow:
        place, _, wanted = entry.rpartition(":")
        if wanted not in ("*", str(port)):
            continue
        if place.casefold() == host.casefold():
            return True
        if address is None:
            continue
        try:
            network = ipaddress.ip_network(place.strip("[]"), strict=False)
        except ValueError:
            continue
        if network.version == address.version and address in network:
            return True
    return False
