"""Every dialect has one name; a name given earlier keeps its meaning."""

from __future__ import annotations

import pytest

from apps.inference.providers import catalogue


def test_names_stay() -> None:
    assert catalogue.NAMES == (
        "openai_chat", "openai_completions", "openai_responses", "anthropic_messages", "vllm", "llama_cpp", "ollama",
        "openai_compatible",
    )  # fmt: skip
    assert catalogue.DEFAULT == "openai_chat"


def test_the_older_name_is_openais_chat() -> None:
    assert catalogue.get("openai_compatible") is catalogue.get("openai_chat")


def test_a_name_of_no_dialect_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        catalogue.get("smoke_signals")


def test_what_a_dialect_cannot_do_without() -> None:
    assert catalogue.missing("anthropic_messages", {"temperature": 0}) == ("max_tokens",)
    assert catalogue.missing("anthropic_messages", {"max_tokens": 5}) == ()
    assert catalogue.missing("openai_chat", {}) == ()


def test_each_says_what_it_is_for_people() -> None:
    words = [dialect.words for dialect in catalogue.DIALECTS.values()]
    assert len(set(words)) == len(words)
    assert all(words)


def test_each_names_the_limit_of_an_answer_its_own_way() -> None:
    assert {name: one.limits for name, one in catalogue.DIALECTS.items()} == {
        "openai_chat": ("max_completion_tokens", "max_tokens"),
        "openai_completions": ("max_tokens",),
        "openai_responses": ("max_output_tokens",),
        "anthropic_messages": ("max_tokens",),
        "vllm": ("max_completion_tokens", "max_tokens"),
        "llama_cpp": ("max_completion_tokens", "max_tokens"),
        "ollama": ("options.num_predict",),
    }


def test_which_can_score_a_given_text_and_how() -> None:
    assert {name: one.prompt_scoring for name, one in catalogue.DIALECTS.items()} == {
        "openai_chat": "unsupported",
        "openai_completions": "echo",
        "openai_responses": "unsupported",
        "anthropic_messages": "unsupported",
        "vllm": "prompt_logprobs",
        "llama_cpp": "forced",
        "ollama": "unsupported",
    }
    assert catalogue.can_score("vllm")
    assert not catalogue.can_score("openai_compatible")
