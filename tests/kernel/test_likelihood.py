"""Which tokens spell a text: only where that is the one way to read them, and only with probabilities that can be."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.chat import Usage
from apps.kernel.likelihood import (
    MOST_READINGS,
    Likelihood,
    closing,
    is_logprob,
    likelihood,
    opening,
    sampling_of,
    within,
)

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00\ufffd"), min_size=1, max_size=40)


def tokens(*names: str | None) -> list[list[object]]:
    return [[name, -0.5] for name in names]


def cut(text: str, sizes: list[int]) -> list[str]:
    """Names of tokens of so many bytes each, as providers name them: parts of a character by their bytes."""
    content, names = text.encode(), []
    while content:
        size = sizes[len(names) % len(sizes)]
        piece, content = content[:size], content[size:]
        try:
            names.append(piece.decode())
        except UnicodeDecodeError:
            names.append("bytes:" + "".join(f"\\x{one:02x}" for one in piece))
    return names


@given(TEXTS, st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_however_a_text_is_cut_its_place_is_found(text: str, sizes: list[int]) -> None:
    names = cut(text, sizes)
    if any(name.startswith("bytes:") and not name.startswith("bytes:\\x") for name in names):
        return
    assert opening(tokens(*names), text) == (0, len(names))
    assert closing([[None, None], *tokens("<user>", "hi", "<assistant>\n", *names)], text) == (4, 4 + len(names))
    assert within(tokens("Q: ", "hi\n", *names, " more"), "Q: hi\n", text) == (2, 2 + len(names))


@given(TEXTS, st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_lost_bytes_are_followed_or_refused_but_never_misread(text: str, sizes: list[int]) -> None:
    """A provider that shows parts of a character as U+FFFD: the place is right, or there is none."""
    content, names = text.encode(), []
    while content:
        size = sizes[len(names) % len(sizes)]
        piece, content = content[:size], content[size:]
        names.append(piece.decode("utf-8", "replace"))
    assert opening(tokens(*names), text) in (None, (0, len(names)))
    assert closing(tokens("<assistant>", *names), text) in (None, (1, 1 + len(names)))


def test_a_mark_before_an_echo_and_a_token_after_it_are_not_the_texts() -> None:
    echoed = tokens("<s>", "Q", ":", " yes", " no")
    assert within(echoed, "Q:", " yes") == (3, 4)
    assert within(tokens("Q", ":", " yes"), "Q:", " yes") == (2, 3)
    assert within(tokens("Q", ":", " yes", ""), "Q:", " yes") == (2, 3)


def test_two_tokens_behind_an_echo_are_too_many() -> None:
    assert within(tokens("Q", ":", " yes", " no", " way"), "Q:", " yes") is None


@pytest.mark.parametrize(
    "names", [("Q", ": yes"), ("Q", ": ", "yes"), ("Q", ":", " y"), ("Q", ":", " YES"), ("Q", ":", "yes"), ()]
)
def test_no_place_where_no_token_begins_or_ends_with_the_text(names: tuple[str, ...]) -> None:
    assert within(tokens(*names), "Q:", " yes") is None
    assert closing(tokens(*names), " yes") is None


def test_a_place_that_could_be_another_is_none() -> None:
    # Which of both lost tokens holds the first byte of the text cannot be told.
    assert closing(tokens("<assistant>", "\ufffd", "\ufffd"), "é") is None
    # A token without letters before the text may be its own or the prompt's.
    assert closing(tokens("<assistant>", "", "yes"), "yes") is None


def test_lost_bytes_inside_a_text_do_not_matter() -> None:
    assert closing(tokens("<assistant>", "a", "\ufffd", "\ufffd", "b"), "aéb") == (1, 5)
    assert closing(tokens("<assistant>", "a", " \ufffd", "\ufffd", "b"), "a éb") == (1, 5)
    assert closing(tokens("<assistant>", "a", "\ufffd", "b"), "aeb") is None


def test_a_stranger_cannot_make_us_follow_too_many_readings() -> None:
    names = ["\ufffd"] * (MOST_READINGS * 2)
    assert closing(tokens("a", *names), "é" * MOST_READINGS * 2) is None


def test_a_stranger_cannot_make_us_begin_too_often() -> None:
    assert within(tokens("Q:", *[""] * 100_000, "yes"), "Q:", "yes") is None


def test_an_end_may_be_listed_but_nothing_more() -> None:
    assert opening(tokens("a", "b", "<|im_end|>"), "ab") == (0, 2)
    assert opening(tokens("a", "b", ""), "ab") == (0, 2)
    assert opening(tokens("a", "b", "c", "d"), "ab") is None


@pytest.mark.parametrize(
    ("names", "counted", "found"),
    [
        (("a", "b"), 2, (0, 2)),
        (("a", "b"), 3, (0, 2)),  # the end is counted and not listed
        (("a", "b"), 4, None),
        (("a", "b", ""), 3, (0, 2)),
        (("a", "b", ""), 4, None),  # the end is listed, so another token was left out
        (("a", "b"), 900, None),
    ],
)
def test_tokens_that_are_counted_and_not_listed_leave_no_likelihood(
    names: tuple[str, ...], counted: int, found: tuple[int, int] | None
) -> None:
    assert opening(tokens(*names), "ab", usage=Usage(5, counted)) == found
    assert opening(tokens(*names), "ab", usage=Usage(5, counted, estimated=True)) == (0, 2)


def test_a_likelihood_is_the_sum_over_its_place() -> None:
    told = [["a", None], ["b", -0.25], ["c", -0.5], ["d", 7.0]]
    assert likelihood(told, (1, 3)) == Likelihood(-0.75, 2)
    assert likelihood(told, (0, 2)) == Likelihood(reason="logprobs_invalid")
    assert likelihood(told, (2, 4)) == Likelihood(reason="logprobs_invalid")
    assert likelihood(told, None) == Likelihood(reason="boundary_not_found")
    assert likelihood([["a", 1e-9]], (0, 1)) == Likelihood(0.0, 1)


@pytest.mark.parametrize("value", [None, True, "−1", 0.5, math.nan, -math.inf, -9999.0, -(10**400), [], {}])
def test_what_is_no_log_probability(value: object) -> None:
    assert not is_logprob(value)


@pytest.mark.parametrize(
    ("parameters", "sampling"),
    [
        ({"temperature": 1}, "temperature_1"),
        ({"temperature": 1.0, "top_p": 1, "max_tokens": 5, "logprobs": True}, "temperature_1"),
        ({"temperature": 1, "top_p": 0.9}, "other"),
        ({"temperature": 1, "top_k": 40}, "other"),
        ({"temperature": 1, "response_format": {"type": "json_object"}}, "other"),
        ({"temperature": 0}, "greedy"),
        ({"temperature": 0.7}, "other"),
        ({}, "other"),
    ],
)
def test_only_text_of_the_teachers_own_distribution_makes_a_divergence(
    parameters: dict[str, object], sampling: str
) -> None:
    assert sampling_of(parameters) == sampling
