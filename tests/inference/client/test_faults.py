"""Every hostile answer of the catalogue (reliability: F1-F28, those of a whole answer) ends in its own code, in time."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Callable

import pytest

from apps.inference.client import ANSWER_BYTES
from tests.fakes.wire import Asked, Script, Wire, completion, ordinary, saying, whole, wired
from tests.inference.client.asking import ask, ask_often, forget_peak, peak_mib, timed

PAGE = b"<!doctype html><html><body>Welcome to the portal</body></html>"
DEADLINE_S = 1.0
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECE = b"x" * 65536


def chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


def for_ever(piece: bytes, *, every_s: float) -> Script:
    """A chunked answer that does not end before the client goes."""

    def script(wire: Wire, asked: Asked) -> None:
        wire.send(CHUNKED)
        while True:
            wire.send(chunk(piece))
            time.sleep(every_s)

    return script


def hundred_megabytes(wire: Wire, asked: Asked) -> None:
    wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {1600 * len(PIECE)}\r\n\r\n".encode())
    for _ in range(1600):
        wire.send(PIECE)


def silence(wire: Wire, asked: Asked) -> None:
    time.sleep(30)


def drip(wire: Wire, asked: Asked) -> None:
    for byte in ordinary():
        wire.send(bytes([byte]))
        time.sleep(0.25)


def reset_after_headers(wire: Wire, asked: Asked) -> None:
    wire.send(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"choices"')
    time.sleep(0.05)
    wire.reset()


def reset_before_headers(wire: Wire, asked: Asked) -> None:
    wire.reset()


def end_at_once(wire: Wire, asked: Asked) -> None:
    wire.line.shutdown(socket.SHUT_RDWR)


def end_early(wire: Wire, asked: Asked) -> None:
    wire.send(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"choices": [')
    wire.line.shutdown(socket.SHUT_RDWR)


def cut_chunk(wire: Wire, asked: Asked) -> None:
    wire.send(CHUNKED + b'100\r\n{"choices"')
    wire.line.shutdown(socket.SHUT_RDWR)


def with_headers(headers: str) -> Script:
    return saying(whole(200, json.dumps(completion()).encode(), headers=headers))


def of_json(text: str) -> Script:
    return saying(whole(200, text.encode()))


BOMB = gzip.compress(b"\0" * 64 * 1024 * 1024)
FAULTS: list[tuple[str, Script, str]] = [
    ("F1 a page", saying(whole(200, PAGE)), "upstream_html"),
    ("F1 a page after blanks", saying(whole(200, b"\r\n  " + PAGE)), "upstream_html"),
    ("F2 502 with a page", saying(whole(502, PAGE)), "upstream_failed"),
    ("F2 503 with a page", saying(whole(503, PAGE)), "upstream_failed"),
    ("F3 nothing", saying(whole(200, b"")), "upstream_empty"),
    ("F3 blanks", saying(whole(200, b" \r\n ")), "upstream_empty"),
    ("F4 no fields", of_json("{}"), "upstream_shape"),
    ("F5 no choice", of_json('{"choices": []}'), "upstream_shape"),
    ("F6 null choices", of_json('{"choices": null}'), "upstream_shape"),
    ("F6 a text for choices", of_json('{"choices": "abc"}'), "upstream_shape"),
    ("F6 no message", of_json('{"choices": [{"text": "legacy"}]}'), "upstream_shape"),
    ("F6 a number for content", saying(ordinary(7)), "upstream_shape"),
    ("an error with status 200", of_json('{"error": {"message": "overloaded"}}'), "upstream_shape"),
    ("a list", of_json("[]"), "upstream_shape"),
    ("words", of_json("Service is up"), "upstream_shape"),
    ("100,000 levels", of_json("[" * 100_000), "upstream_shape"),
    ("a million objects", of_json('{"a": [' + "{}," * 1_000_000 + "{}]}"), "upstream_shape"),
    ("a number of 5,000 digits", of_json('{"choices": ' + "9" * 5000 + "}"), "upstream_shape"),
    ("F17 100 MB", hundred_megabytes, "upstream_too_large"),
    ("F17 chunks without end", for_ever(PIECE, every_s=0), "upstream_too_large"),
    ("F18 comments without end", for_ever(b": keep-alive\n\n", every_s=0.05), "upstream_deadline"),
    ("F18 silence", silence, "upstream_deadline"),
    ("F19 a drip", drip, "upstream_deadline"),
    ("F20 a stream", of_json('data: {"choices": []}\n\ndata: [DONE]\n\n'), "upstream_shape"),
    ("F21 two documents", of_json(json.dumps(completion()) * 2), "upstream_shape"),
    ("F22 a gzip bomb", saying(whole(200, BOMB, headers="Content-Encoding: gzip\r\n")), "upstream_encoding"),
    ("F22 another coding", with_headers("Content-Encoding: br\r\n"), "upstream_encoding"),
    ("F23 shorter than said", end_early, "upstream_truncated"),
    ("F23 a chunk cut short", cut_chunk, "upstream_truncated"),
    ("F24 reset after headers", reset_after_headers, "upstream_reset"),
    ("F24 reset before headers", reset_before_headers, "upstream_reset"),
    ("F24 closed without a word", end_at_once, "upstream_reset"),
    ("F25 slow down", saying(whole(429, b"{}")), "rate_limited"),
    ("F26 3,000 headers", with_headers("".join(f"X-{n}: 1\r\n" for n in range(3000))), "upstream_shape"),
    ("F26 a header of 200 kB", with_headers(f"X-Long: {'y' * 200_000}\r\n"), "upstream_shape"),
    ("no HTTP at all", saying(b"-ERR unknown command 'POST'\r\n"), "upstream_shape"),
    ("F27 204", saying(b"HTTP/1.1 204 No Content\r\n\r\n"), "upstream_status"),
    ("F27 206", saying(whole(206, b"{}")), "upstream_status"),
    ("F27 304", saying(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "upstream_status"),
    ("F27 101", saying(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), "upstream_status"),
    ("a redirect", saying(whole(302, b"", headers="Location: http://169.254.169.254/\r\n")), "upstream_redirected"),
    ("a redirect that keeps the method", saying(whole(307, b"", headers="Location: /v2\r\n")), "upstream_redirected"),
    ("a refused key", saying(whole(401, b"{}")), "upstream_refused_key"),
    ("a forbidden key", saying(whole(403, b"{}")), "upstream_refused_key"),
    ("no such model", saying(whole(404, b"{}")), "upstream_no_such_model"),
    ("a bad request", saying(whole(400, b'{"error": {"message": "temperature"}}')), "upstream_bad_request"),
    ("another bad request", saying(whole(422, b"{}")), "upstream_bad_request"),
    (
        "messages too long",
        saying(whole(400, b'{"error": {"code": "context_length_exceeded"}}')),
        "upstream_context_overflow",
    ),
    ("a bad request with a body without end", saying(whole(400, b"[" * 100_000)), "upstream_bad_request"),
    ("payment wanted", saying(whole(402, b"{}")), "upstream_status"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "fault"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_each_hostile_answer_ends_in_its_own_fault_in_time_and_in_bounded_memory(script: Script, fault: str) -> None:
    with wired(script) as server:
        forget_peak()
        before = peak_mib()
        answer, took_s = timed(server.base_url, deadline_s=DEADLINE_S)
    assert (answer.completion, answer.fault, answer.latency_ms, answer.attempts) == (None, fault, None, 1)
    assert took_s < DEADLINE_S + 1
    assert peak_mib() - before < 64


def test_fifty_hostile_answers_at_once_stay_within_the_same_memory() -> None:
    with wired(for_ever(PIECE, every_s=0)) as server:
        forget_peak()
        before = peak_mib()
        answers = ask_often(server.base_url, 50, concurrency=8, deadline_s=20)
    assert {answer.fault for answer in answers} == {"upstream_too_large"}
    assert peak_mib() - before < 64


def test_a_large_answer_is_left_where_it_is_as_soon_as_it_is_too_large() -> None:
    with wired(hundred_megabytes) as server:
        ask(server.base_url)
        time.sleep(0.2)
        sent = server.wires[0].sent
    # What the sockets hold in between comes on top.
    assert ANSWER_BYTES < sent < ANSWER_BYTES + 16 * 1024 * 1024


def test_a_closed_port_is_told_apart_only_where_the_operator_opened_the_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert ask(f"http://127.0.0.1:{port}/v1").fault == "endpoint_unreachable"


@pytest.mark.parametrize("bytes_more", [b"tail", ordinary("Rome")])
def test_bytes_after_an_answer_are_dropped_and_answer_no_later_question(bytes_more: bytes) -> None:
    with wired(saying(ordinary("Paris") + bytes_more, ordinary("Berlin"))) as server:
        first, second = ask_often(server.base_url, 2)
    texts = [answer.completion.text if answer.completion else answer.fault for answer in (first, second)]
    assert texts == ["Paris", "Berlin"]
    assert [asked.connection for asked in server.asked] == [0, 1]


def _answers(text: str) -> Callable[[Wire, Asked], None]:
    return saying(ordinary(text))


def test_clean_answers_share_a_connection() -> None:
    with wired(_answers("Paris")) as server:
        assert [one.fault for one in ask_often(server.base_url, 3)] == [None, None, None]
    assert [asked.connection for asked in server.asked] == [0, 0, 0]


def test_a_code_point_split_over_two_chunks_is_one_letter() -> None:
    body = json.dumps(completion("Zürich"), ensure_ascii=False).encode()
    middle = body.index("ü".encode()) + 1

    def script(wire: Wire, asked: Asked) -> None:
        wire.send(CHUNKED + chunk(body[:middle]))
        time.sleep(0.05)
        wire.send(chunk(body[middle:]) + b"0\r\n\r\n")

    with wired(script) as server:
        answer = ask(server.base_url)
    assert answer.completion is not None
    assert (answer.completion.text, answer.completion.flags) == ("Zürich", ())
