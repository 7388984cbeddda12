"""TCP ports on the loopback address."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


def free_port(*wanted: int) -> int:
    """The first of ``wanted`` that nobody listens on, else one that the system picks; 0 is skipped."""
    for port in wanted:
        if port and _can_bind(port):
            return port
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_open(port: int, *, timeout_s: float = 1.0) -> bool:
    """Whether somebody accepts connections at the port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a port in TIME_WAIT after our own restart is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
