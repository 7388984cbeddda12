"""Options in an object of their own, answers in lines, counts under their own names."""

from __future__ import annotations

import pytest

from apps.inference import errors
from apps.kernel.chat import Completion, Usage
from tests.inference.hostile import http
from tests.inference.providers.spoken import KEY, ask, lines

COUNTS = {"total_duration": 5, "load_duration": 1, "prompt_eval_count": 26, "eval_count": 3, "eval_duration": 2}
SET: dict[str, object] = {"options": {"temperature": 0, "seed": 7, "num_predict": 5}, "keep_alive": "5m"}


def line(text: str, **more: object) -> dict[str, object]:
    message = {"role": "assistant", "content": text}
    return {"model": "served", "created_at": "2026-11-24T12:00:00Z", "message": message, "done": False, **more}


LAST = line("", done=True, done_reason="stop", **COUNTS)
EXPECTED = Completion("Hi.", "stop", Usage(26, 3), model="served")


def test_it_answers_in_lines_unless_told_otherwise() -> None:
    answer, (asked,) = ask("ollama", lines(line("H"), line("i."), LAST), parameters=SET)
    assert asked.line == "POST /v1/api/chat HTTP/1.1"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi?"}]
    assert asked.body == {"model": "a-model", "messages": messages, **SET}
    assert answer.completion == EXPECTED
    assert answer.first_token_ms is not None


def test_an_answer_that_comes_whole_has_no_first_token() -> None:
    whole = line("Hi.", done=True, done_reason="stop", **COUNTS)
    answer, (asked,) = ask("ollama", http(whole), parameters={**SET, "stream": False})
    assert asked.body["stream"] is False
    assert (answer.completion, answer.first_token_ms) == (EXPECTED, None)


def test_log_probabilities_of_all_lines_are_kept() -> None:
    item = {"token": "H", "logprob": -0.5, "top_logprobs": [{"token": "H", "logprob": -0.5}]}
    told = lines(line("H", logprobs=[item]), line("i.", logprobs=[{**item, "token": "i."}]), LAST)
    answer, _ = ask("ollama", told, parameters={"logprobs": True, "top_logprobs": 1})
    assert answer.completion is not None
    assert answer.completion.logprobs == [["H", -0.5, [["H", -0.5]]], ["i.", -0.5, [["H", -0.5]]]]


@pytest.mark.parametrize(
    ("changes", "usage", "flags"),
    [
        ({"prompt_eval_count": None}, Usage(3, 1, estimated=True), (errors.USAGE_INVALID,)),
        ({"eval_count": -1}, Usage(3, 1, estimated=True), (errors.USAGE_INVALID,)),
    ],
)
def test_counts_that_cannot_be_true_are_ours(changes: dict[str, object], usage: Usage, flags: tuple[str, ...]) -> None:
    answer, _ = ask("ollama", lines(line("Hi."), {**LAST, **changes}))
    assert answer.completion is not None
    assert (answer.completion.usage, answer.completion.flags) == (usage, flags)


def test_without_counts_we_count() -> None:
    answer, _ = ask("ollama", lines(line("Hi."), line("", done=True, done_reason="length")))
    assert answer.completion is not None
    assert (answer.completion.usage, answer.completion.flags) == (Usage(3, 1, estimated=True), (errors.CUT,))


def test_a_call_of_a_tool_is_an_answer() -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    told = line("", message={"role": "assistant", "content": "", "tool_calls": [call]})
    answer, _ = ask("ollama", lines(told, LAST))
    assert answer.completion is not None
    assert (answer.completion.tool_calls, answer.completion.finish_reason) == ([call], "tool_calls")


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (lines(line("H"), {"error": "an error was encountered while running the model"}), errors.FAILED),
        (lines(line("H")), errors.TRUNCATED),
        (lines({"models": []}), errors.SHAPE),
        (lines([1]), errors.SHAPE),
        (lines(), errors.EMPTY),
        (http({"error": 'model "x" not found, try pulling it first'}, status="404 Not Found"), errors.NO_SUCH_MODEL),
        (http({"error": "invalid option"}, status="400 Bad Request"), errors.BAD_REQUEST),
    ],
    ids=["error", "cut", "other", "list", "nothing", "404", "400"],
)
def test_what_is_no_answer_is_a_fault(reply: object, fault: str) -> None:
    answer, _ = ask("ollama", reply)  # type: ignore[arg-type]
    assert (answer.completion, answer.fault) == (None, fault)
