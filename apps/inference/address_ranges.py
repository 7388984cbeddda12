"""Addresses that are never called, addresses that stay closed until an operator opens them, and how he does.

Own lists, because the standard library's notion of a global address lets metadata services and tunnels through.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ANY_PORT = "*"

# No permission opens these: metadata services, multicast, documentation, translation and tunnel ranges.
NEVER: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8", "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.0/24",
            "192.88.99.0/24", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "2002::/16", "2001::/32", "fd00:ec2::254/128", "2001:db8::/32", "3fff::/20",
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
# Nothing else in IPv6 is a server: not ::/96, 64:ff9b::/96 and 64:ff9b:1::/48 (translation), 100::/64 (discard),
# 5f00::/16, fe80::/10 and fec0::/10 (link, site), ff00::/8 (multicast), nor what is not yet given out.
_UNICAST = ipaddress.ip_network("2000::/3")


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the allowance: a network or a host name, with a port (None: every port)."""

    network: Network | None
    host: str
    port: int | None

    def opens(self, address: Address | None, host: str, port: int, *, by_name: bool = False) -> bool:
        """Does it open this place? ``by_name``: only where it names the port."""
        if self.port != port and (by_name or self.port is not None):
            return False
        if self.host == host.casefold():
            return True
        if self.network is None or address is None or self.network.version != address.version:
            return False
        return address in self.network


def rules(allow: Sequence[str]) -> tuple[Rule, ...]:
    """Read entries ``host-or-network:port``, ``*`` for every port. Raises ValueError for one that cannot be read."""
    return tuple(map(_rule, allow))


def unwrapped(address: Address) -> Address:
    """The IPv4 address inside a mapped IPv6 one (``::ffff:10.0.0.1``), else the address itself."""
    return getattr(address, "ipv4_mapped", None) or address


def is_never(address: Address) -> bool:
    if any(address in network for network in NEVER if network.version == address.version):
        return True
    return address.version == 6 and address not in _UNICAST and not is_closed(address)


def is_closed(address: Address) -> bool:
    return any(address in network for network in CLOSED if network.version == address.version)


def _rule(entry: str) -> Rule:
    place, _, port = entry.strip().rpartition(":")
    place = place.replace("[", "").replace("]", "").casefold()
    if not place or not (port == ANY_PORT or (port.isdecimal() and 1 <= int(port) <= 65535)):
        raise ValueError(f"'{entry[:80]}' is no host-or-network:port")
    try:
        network = ipaddress.ip_network(place, strict=False)
    except ValueError:
        if "/" in place:
            raise ValueError(f"'{entry[:80]}' is no host-or-network:port") from None
        network = None
    return Rule(network, place, None if port == ANY_PORT else int(port))
