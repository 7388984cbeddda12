"""A golden row is found in a corpus word for word, nearly so, or inside a longer text; short rows only exactly."""

from __future__ import annotations

import pytest

from apps.kernel.contamination import Index, Match, asked_of, golden_text, normalised

WORDS = [f"w{number}" for number in range(60)]
LONG = " ".join(WORDS[:40])
NINE = "where is my order number eight eight four one"


def found(golden: dict[str, str], *corpus: str) -> list[Match]:
    index = Index(golden.items())
    for text in corpus:
        index.read([text])
    return list(index.overlap().matches)


def test_case_width_and_blanks_do_not_hide_a_row() -> None:
    assert normalised("\uff37here\u00a0IS\n\tmy  Stra\u00dfe") == "where is my strasse"
    assert found({"a": NINE}, "other", f"  {NINE.upper()}\n") == [Match("a", "exact", 1.0, 2)]


def test_a_row_below_eight_words_is_found_only_as_it_is() -> None:
    seven = " ".join(WORDS[:7])
    assert found({"a": seven}, f"{seven} more") == []
    assert found({"a": seven}, seven) == [Match("a", "exact", 1.0, 1)]


def test_four_fifths_of_the_shingles_are_near_and_less_is_not() -> None:
    """40 words hold 36 shingles. One word changed in the middle spoils 5: 31 of 41; the last one only 1: 35 of 37."""
    middle = " ".join([*WORDS[:20], "x", *WORDS[21:40]])
    end = " ".join([*WORDS[:39], "x"])
    assert found({"a": LONG}, end) == [Match("a", "near", round(35 / 37, 9), 1)]
    # 31 / 41 is no near row, but 13-grams: 28 in all, 13 spoilt, 15 of 28 are more than half.
    assert found({"a": LONG}, middle) == [Match("a", "contained", round(15 / 28, 9), 1)]


def test_a_long_row_inside_a_longer_text_is_contained() -> None:
    text = " ".join(["before"] * 200 + WORDS[:40] + ["after"] * 200)
    assert found({"a": LONG}, text) == [Match("a", "contained", 1.0, 1)]


def test_half_of_the_long_grams_is_the_limit() -> None:
    """28 grams of 13 words: 26 words in a row hold 14 of them, 25 hold 13."""
    assert found({"a": LONG}, " ".join(WORDS[:26])) == [Match("a", "contained", 0.5, 1)]
    assert found({"a": LONG}, " ".join(WORDS[:25])) == []


def test_a_row_of_25_words_is_not_long() -> None:
    text = " ".join([f"before{number}" for number in range(30)] + WORDS[:25])
    assert found({"a": " ".join(WORDS[:25])}, text) == []
    assert found({"a": " ".join(WORDS[:26])}, f"{text} {WORDS[25]}") == [Match("a", "contained", 1.0, 1)]


def test_the_strongest_find_is_kept_and_rows_alike_are_all_found() -> None:
    near = " ".join([*WORDS[:39], "x"])
    assert found({"a": LONG, "b": LONG}, near, LONG) == [Match("a", "exact", 1.0, 2), Match("b", "exact", 1.0, 2)]


def test_a_repeated_phrase_counts_once() -> None:
    assert found({"a": LONG}, " ".join(WORDS[:6] * 20)) == []


def test_counts_and_share() -> None:
    index = Index([("a", LONG), ("b", ""), ("c", "hello")])
    for text in ("hello", "nothing"):
        index.read([text])
    overlap = index.overlap()
    assert (overlap.golden_rows, overlap.without_text, overlap.corpus_rows) == (3, 1, 2)
    assert [match.key for match in overlap.matches] == ["c"]
    assert overlap.share == pytest.approx(1 / 3)
    assert Index([]).overlap().share == 0.0


def test_an_empty_golden_text_matches_no_empty_training_row() -> None:
    assert found({"a": "", "b": " \n"}, "", "  ") == []


def test_a_training_row_asks_what_its_user_says() -> None:
    row = {
        "messages": [
            {"role": "system", "content": "You are kind."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": [{"type": "text", "text": "Where is it?"}]},
        ],
        "prompt": "A prompt",
        "completion": "An answer",
    }
    assert asked_of(row) == ("A prompt", "Hi", "Where is it?", "Hi\nWhere is it?")
    assert asked_of({"completion": "An answer", "input": 3, "messages": "no list"}) == ()


def test_a_golden_row_is_known_by_what_its_user_asks() -> None:
    asked = [{"role": "system", "content": "S"}, {"role": "user", "content": "A"}, {"role": "user", "content": "B"}]
    assert golden_text({"messages": asked, "input": "other"}) == "A\nB"
    assert golden_text({"prompt": " ", "input": "I"}) == "I"
    assert golden_text({"context": "only"}) == ""
