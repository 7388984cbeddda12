"""What is asked for an example, and what an answer is counted as."""

from __future__ import annotations

import pytest

from apps.kernel.chat import Message, NothingToAsk, Usage, UsageInvalid, estimated_usage, messages_of, text_of

HELLO = {"role": "user", "content": "hello"}


@pytest.mark.parametrize(
    ("example", "messages"),
    [
        ({"messages": [HELLO], "prompt": "p", "input": "i"}, [Message("user", "hello")]),
        ({"prompt": "p", "input": "i", "context": "c"}, [Message("user", "p")]),
        ({"input": "i", "context": "c"}, [Message("user", "c\n\ni")]),
        ({"input": "i", "context": ""}, [Message("user", "i")]),
        ({"input": "i", "context": None}, [Message("user", "i")]),
        ({"messages": [], "input": "i"}, [Message("user", "i")]),
        ({"messages": None, "prompt": "", "input": "i"}, [Message("user", "i")]),
        ({"messages": [{"role": "user", "content": None}]}, [Message("user", "")]),
    ],
)
def test_messages_come_before_a_prompt_and_a_prompt_before_an_input(
    example: dict[str, object], messages: list[Message]
) -> None:
    assert list(messages_of(example)) == messages


def test_a_system_message_and_shots_go_in_front() -> None:
    shots = (Message("user", "2+2"), Message("assistant", "4"))
    asked = messages_of({"input": "3+3"}, system="Count.", shots=shots)
    assert asked == (Message("system", "Count."), *shots, Message("user", "3+3"))
    assert messages_of({"messages": [HELLO]}, system="Count.")[0] == Message("system", "Count.")
    assert messages_of({"input": "x"}, system="") == (Message("user", "x"),)


def test_what_else_a_message_carries_goes_along() -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    first, second = messages_of(
        {
            "messages": [
                {"role": "assistant", "content": None, "tool_calls": calls},
                {"role": "tool", "content": "4", "tool_call_id": "c1"},
            ]
        }
    )
    assert (first.content, first.extra) == ("", {"tool_calls": calls})
    assert (second.content, second.extra) == ("4", {"tool_call_id": "c1"})


@pytest.mark.parametrize(
    "example",
    [{}, {"input": ""}, {"input": None}, {"input": 7}, {"messages": []}, {"context": "c"}, {"reference": "r"}],
)
def test_without_anything_to_ask_it_says_so(example: dict[str, object]) -> None:
    with pytest.raises(NothingToAsk) as refused:
        messages_of(example)
    assert refused.value.code == "input_missing"


def test_text_parts_are_one_text_and_pictures_are_refused() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:"}}
    assert text_of([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]) == "ab"
    assert text_of([]) == ""
    for content in ([{"type": "text", "text": "a"}, picture], picture, 7, ["a"], [{"type": "text", "text": 7}]):
        with pytest.raises(NothingToAsk) as refused:
            messages_of({"messages": [{"role": "user", "content": content}]})
        assert refused.value.code == "content_unsupported"


def test_four_characters_are_counted_as_a_token_and_a_part_as_a_whole() -> None:
    asked = (Message("system", "12345678"), Message("user", "9"))
    assert estimated_usage(asked, "12345") == Usage(3, 2, estimated=True)
    assert estimated_usage((), "") == Usage(0, 0, estimated=True)


@pytest.mark.parametrize(("asked", "answered"), [(-1, 0), (0, -1)])
def test_no_count_is_below_zero(asked: int, answered: int) -> None:
    with pytest.raises(UsageInvalid):
        Usage(asked, answered)
