"""Errors of the wire, as libraries raise and wrap them, become the nearest code."""

from __future__ import annotations

import ssl
from typing import Any
from unittest.mock import Mock

import aiohttp
import httpx
import pytest
from aiohttp import http_exceptions

from apps.inference import errors
from apps.inference.faults import fault_of
from apps.inference.outbound import AddressBlocked

KEY: Any = Mock(host="models.example", port=443, ssl=True)
REQUEST: Any = Mock()


def wrapped(inner: BaseException, *outer: BaseException) -> BaseException:
    """The outermost error of a chain, each raised from the one before it."""
    for error in outer:
        error.__cause__, inner = inner, error
    return inner


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (AddressBlocked("closed"), errors.ADDRESS_BLOCKED),
        (wrapped(AddressBlocked("closed"), OSError("connect")), errors.ADDRESS_BLOCKED),
        (aiohttp.ClientConnectorDNSError(KEY, OSError("no such name")), errors.HOST_NOT_FOUND),
        (aiohttp.ClientConnectorError(KEY, OSError(111, "refused")), errors.UNREACHABLE),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("expired")), errors.TLS),
        (ConnectionResetError("reset"), errors.RESET),
        (wrapped(ConnectionResetError("reset"), aiohttp.ClientOSError("write")), errors.RESET),
        (wrapped(aiohttp.ServerDisconnectedError(), httpx.ConnectTimeout("closed")), errors.RESET),
        (aiohttp.ClientResponseError(REQUEST, (), status=400), errors.SHAPE),
        (http_exceptions.BadStatusLine("SSH-2.0"), errors.SHAPE),
        (
            wrapped(http_exceptions.ContentLengthError("short"), aiohttp.ClientPayloadError(), httpx.ReadError("cut")),
            errors.TRUNCATED,
        ),
        (TimeoutError(), errors.DEADLINE),
        (OSError("something else"), errors.RESET),
    ],
)
def test_the_nearest_word_is_found_anywhere_in_the_chain(error: BaseException, fault: str) -> None:
    assert fault_of(error) == fault
