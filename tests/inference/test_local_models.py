"""The dialect as a real server speaks it: the two local models of `make models`, asked by us and by plain HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from apps.demo import local_models
from apps.demo.local_models import RunningServer
from apps.inference.client import Address, Answer, Client
from apps.inference.retry import RetryPolicy
from apps.kernel.chat import ChatRequest, Message

pytestmark = [
    pytest.mark.localmodels,
    pytest.mark.skipif(not local_models.installed(), reason="needs the local models: make models"),
]
PARAMETERS: dict[str, object] = {"temperature": 0, "seed": 7, "max_tokens": 12}
ASKED = Message("user", "Name the capital of France in one word.")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, RunningServer]]:
    home = tmp_path_factory.mktemp("models")
    try:
        yield local_models.start(home)
    finally:
        local_models.stop(home)


def ask(server: RunningServer, parameters: dict[str, object], *, messages: tuple[Message, ...] = (ASKED,)) -> Answer:
    async def scene() -> Answer:
        once = RetryPolicy(random=lambda: 0.0, attempts=1)
        async with Client(allow=("127.0.0.1:*",), retry=once) as client:
            request = ChatRequest(server.alias, messages, parameters)
            return await client.complete(Address(server.base_url), request, deadline_s=120)

    return asyncio.run(scene())


@pytest.mark.parametrize("role", ["teacher", "student"])
def test_an_answer_is_read_as_plain_http_gives_it(servers: dict[str, RunningServer], role: str) -> None:
    server = servers[role]
    answer = ask(server, PARAMETERS)
    body = {"model": server.alias, "messages": [{"role": "user", "content": ASKED.content}], **PARAMETERS}
    told = httpx.post(f"{server.base_url}/chat/completions", json=body, timeout=120).json()
    done = answer.completion
    assert done is not None
    assert (done.text, done.finish_reason) == (
        told["choices"][0]["message"]["content"],
        told["choices"][0]["finish_reason"],
    )
    assert (done.usage.input_tokens, done.usage.output_tokens, done.usage.estimated) == (
        told["usage"]["prompt_tokens"],
        told["usage"]["completion_tokens"],
        False,
    )
    assert done.model == told["model"]
    assert set(done.flags) <= {"truncated"}


def test_log_probabilities_of_a_real_server_are_usable(servers: dict[str, RunningServer]) -> None:
    done = ask(servers["student"], {**PARAMETERS, "logprobs": True, "top_logprobs": 5}).completion
    assert done is not None
    assert "logprobs_invalid" not in done.flags
    assert done.logprobs is not None
    assert {len(others) for _, _, others in done.logprobs} == {5}


def test_an_answer_cut_at_its_limit_is_flagged(servers: dict[str, RunningServer]) -> None:
    done = ask(servers["student"], {**PARAMETERS, "max_tokens": 1}).completion
    assert done is not None
    assert (done.finish_reason, done.flags, done.usage.output_tokens) == ("length", ("truncated",), 1)


def test_messages_too_long_for_the_model_are_told_from_a_bad_request(servers: dict[str, RunningServer]) -> None:
    longest = Message("user", "word " * 100_000)
    assert ask(servers["student"], PARAMETERS, messages=(longest,)).fault == "upstream_context_overflow"


def test_parameters_that_a_server_refuses_are_a_bad_request(servers: dict[str, RunningServer]) -> None:
    assert (
        ask(servers["student"], {**PARAMETERS, "response_format": {"type": "no such"}}).fault == "upstream_bad_request"
    )
