"""What went wrong on the wire, as a fault code. Our words only: an error's own text may quote a key or a header."""

from __future__ import annotations

from collections.abc import Iterator

import aiohttp
from aiohttp import http_exceptions

from apps.inference import errors, outbound

# The first that fits any error of the chain. A certificate's error is also a connection's, and a body that breaks off
# is caused by an error of its encoding, so the nearer word stands before.
_FAULTS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (outbound.AddressBlocked, errors.ADDRESS_BLOCKED),
    (aiohttp.ClientConnectorDNSError, errors.HOST_NOT_FOUND),
    (aiohttp.ClientConnectorCertificateError, errors.TLS),
    (aiohttp.ClientConnectorError, errors.UNREACHABLE),
    (ConnectionResetError, errors.RESET),
    (aiohttp.ClientPayloadError, errors.TRUNCATED),
    ((aiohttp.ClientResponseError, http_exceptions.HttpProcessingError), errors.SHAPE),
    (TimeoutError, errors.DEADLINE),
)


def fault_of(error: BaseException) -> str:
    """The code for an error of connecting, sending or reading; ``upstream_reset`` where none is nearer."""
    chain = list(_chain(error))
    for kinds, fault in _FAULTS:
        if any(isinstance(one, kinds) for one in chain):
            return fault
    return errors.RESET


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
