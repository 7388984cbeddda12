"""The one outbound door: which URLs may be called, and which addresses may be connected to.

A URL is judged when it is saved; its addresses are judged again at the moment of connecting, and a socket is opened
only to an address that was judged, so that a name which changes its answer in between gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from apps.inference import address_ranges
from apps.inference.address_ranges import Address, Rule
from apps.kernel.errors import InvalidInput

URL_LENGTH = 2048
PORTS_CLOSED = frozenset({22, 25, 2375, 2376, 2379, 5432, 6379, 9200, 11211})
# Names of labels that a resolver takes (63 characters at most, 253 in all), or IPv6 without its brackets.
HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?|[0-9a-f:.]+")
HOST_LENGTH = 253
LOOPBACK = ipaddress.ip_address("127.0.0.1")
OPENED_BY = "An operator may add {place} to DISTILLHUB_OUTBOUND_ALLOW."


class AddressBlocked(InvalidInput):
    """The address may not be called."""

    code = "address_blocked"
    title = "This address may not be called"


def check_url(url: str, *, allow: Sequence[str] = ()) -> None:
    """Judge a URL as text. Raises AddressBlocked with scheme_not_allowed, url_has_credentials, url_invalid,

    port_not_allowed, https_required or, for a literal address, address_blocked. Names are judged when connecting.
    """
    _judge(url, address_ranges.rules(allow))


def check_address(address: Address, *, host: str, port: int, allow: Sequence[str] = ()) -> None:
    """Judge one address that ``host`` resolved to. Raises AddressBlocked."""
    _judge_address(address, host, port, address_ranges.rules(allow))


class Door(AbstractResolver):
    """Resolves names for aiohttp and opens its sockets; remembers which addresses passed.

    ``admit`` comes first for every call. One bad address among a name's addresses refuses all of them.
    """

    def __init__(self, allow: Sequence[str]) -> None:
        self._rules = address_ranges.rules(allow)
        self._inner = ThreadedResolver()
        self._passed: set[tuple[Address, int]] = set()

    def admit(self, url: str) -> None:
        """Judge a URL before it is called. Raises AddressBlocked."""
        literal, port = _judge(url, self._rules)
        if literal is not None:
            self._passed.add((literal, port))

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        addresses = [_plain(result["host"]) for result in found]
        for address in addresses:
            _judge_address(address, host, port, self._rules)
        self._passed.update((address, port) for address in addresses)
        return found

    def socket(self, wanted: tuple[Any, ...]) -> socket.socket:
        """A socket for aiohttp's connector. Raises AddressBlocked for an address that never passed."""
        family, kind, protocol, _, (host, port, *_) = wanted
        if (_plain(host), port) not in self._passed:
            raise AddressBlocked(f"{str(host)[:80]}:{port} was not judged.")
        return socket.socket(family=family, type=kind, proto=protocol)

    async def close(self) -> None:
        await self._inner.close()


def _judge(url: str, rules: tuple[Rule, ...]) -> tuple[Address | None, int]:
    """The address that the URL spells, None for a name, and its port."""
    scheme, host, port = _parts(url)
    literal = _literal(host)
    if port in PORTS_CLOSED and not any(rule.opens(literal, host, port, by_name=True) for rule in rules):
        raise AddressBlocked(f"Port {port} is not a model server's.", code="port_not_allowed")
    is_private = literal is not None and address_ranges.is_closed(address_ranges.unwrapped(literal))
    if literal is not None:
        _judge_address(literal, host, port, rules)
    if scheme == "http" and not is_private and not any(rule.opens(literal, host, port) for rule in rules):
        raise AddressBlocked(
            "A public host is called by https only.",
            code="https_required",
            fix=OPENED_BY.format(place=f"{host[:80]}:{port}"),
        )
    return literal, port


def _judge_address(address: Address, host: str, port: int, rules: tuple[Rule, ...]) -> None:
    plain = address_ranges.unwrapped(address)
    if address_ranges.is_never(plain):
        raise AddressBlocked(f"{host[:80]} leads to an address that is never called.")
    if address_ranges.is_closed(plain) and not any(rule.opens(plain, host, port) for rule in rules):
        raise AddressBlocked(
            f"{host[:80]}:{port} leads into a private network that is not opened here.",
            fix=OPENED_BY.format(place=f"{host[:80]}:{port}"),
        )


def _parts(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Only spellings that every parser reads alike get through."""
    if len(url) > URL_LENGTH or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        _refuse_spelled_address(url)
        raise AddressBlocked(
            "The URL is too long, or holds blanks, backslashes or letters outside ASCII.", code="url_invalid"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressBlocked("The URL cannot be read; its port is 1 to 65535.", code="url_invalid") from None
    if parts.scheme not in ("http", "https"):
        raise AddressBlocked(f"'{parts.scheme[:20]}' is not allowed; use https.", code="scheme_not_allowed")
    if "@" in parts.netloc:
        raise AddressBlocked("The URL carries credentials; enter the key apart.", code="url_has_credentials")
    host = parts.hostname or ""
    if port == 0 or not HOST.fullmatch(host) or len(host) > HOST_LENGTH or "#" in url:
        raise AddressBlocked("The URL has no usable host, port 0, or a fragment.", code="url_invalid")
    return parts.scheme, host.removesuffix("."), (443 if parts.scheme == "https" else 80) if port is None else port


def _refuse_spelled_address(url: str) -> None:
    """Some resolvers read ①②⑦.⓪.⓪.① as the address it looks like; say what it is."""
    plain = unicodedata.normalize("NFKC", url)
    host = re.split(r"[/?#:]", plain.partition("://")[2].rpartition("@")[2])[0]
    if not url.isascii() and host.isascii() and _literal(host) is not None:
        raise AddressBlocked("The URL spells an address in letters that are no digits.")


def _literal(host: str) -> Address | None:
    """The address that a host spells, in every spelling the system's resolver takes (2130706433, 0x7f.1, 127.1).

    ``localhost`` and what stands below it are the loopback address by RFC 6761, whatever a resolver says.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return LOOPBACK
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _plain(host: str) -> Address:
    """An address without its scope (``fe80::1%eth0``)."""
    return ipaddress.ip_address(host.partition("%")[0])
