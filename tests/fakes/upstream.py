"""A small OpenAI-compatible server on loopback for tests of runs: it answers by rule, slowly if told, and counts."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import psutil

Rule = Callable[[dict[str, Any]], str | int | dict[str, Any]]


@dataclass(slots=True)
class Call:
    """What one request asked, from which port, and by the wall clock when it came and when its answer went out."""

    asked: str
    port: int
    came_at: float
    answered_at: float | None = None
    is_billed: bool = False


class Upstream:
    """``rule`` gets the request's JSON and gives the answer's text, all of its body, or a status to fail with.

    ``answered`` counts answers given (billed, that is), whether or not anybody was left to read them. ``seen`` has
    every call in the order in which they came.
    """

    def __init__(self, rule: Rule, *, latency_s: float = 0.0) -> None:
        self.rule = rule
        self.latency_s = latency_s
        self.calls: Counter[str] = Counter()
        self.seen: list[Call] = []
        self.lock = threading.Lock()
        self.base_url = ""
        self.answered = self.in_flight = self.killed = 0
        self._callers = threading.local()

    def answer(self, request: dict[str, Any]) -> tuple[int, bytes]:
        asked = f"{request['model']}: {request['messages'][-1]['content']}"
        call = Call(asked, self._callers.port, time.time())
        with self.lock:
            self.calls[asked] += 1
            self.seen.append(call)
            self.in_flight += 1
        try:
            time.sleep(self.latency_s)
            given = self.rule(request)
        finally:
            with self.lock:
                self.in_flight -= 1
        with self.lock:
            call.is_billed = not isinstance(given, int)
            self.answered += call.is_billed
            call.answered_at = time.time()
        if isinstance(given, int):
            return given, b'{"error": {"message": "as scripted"}}'
        if isinstance(given, dict):
            return 200, json.dumps({"model": request["model"], **given}).encode()
        message = {"role": "assistant", "content": given}
        usage = {"prompt_tokens": 10, "completion_tokens": 2}
        choice = {"message": message, "finish_reason": "stop"}
        return 200, json.dumps({"model": request["model"], "choices": [choice], "usage": usage}).encode()

    def calls_from(self, port: int) -> None:
        """Note which port this thread's caller calls from."""
        self._callers.port = port

    def kill_caller(self) -> None:
        """kill -9 of the process that asks now, as a row does that its worker cannot bear."""
        # A port alone does not tell: somebody else may call another server from one of the same number.
        ours = self._callers.port, urlsplit(self.base_url).port
        for connection in psutil.net_connections("tcp"):
            if connection.pid in (None, os.getpid()) or not connection.raddr:
                continue
            if (connection.laddr.port, connection.raddr.port) == ours:
                self.killed += 1
                os.kill(connection.pid, signal.SIGKILL)


@contextmanager
def serving(rule: Rule, *, latency_s: float = 0.0) -> Iterator[Upstream]:
    upstream = Upstream(rule, latency_s=latency_s)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body go out one after the other; the second would wait 40 ms for word of the first.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            upstream.calls_from(self.client_address[1])
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = upstream.answer(request)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Tests read counts, not logs."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A worker killed in the middle of a call leaves a broken pipe, which is what the test wants."""

    server = Server(("127.0.0.1", 0), Handler)
    upstream.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
