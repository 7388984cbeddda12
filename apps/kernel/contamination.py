"""Which golden rows also stand in a student's training corpus (statistics.md §4.11).

A row is found when its normalised text stands there word for word, or, from 8 words on, when a training row shares
four fifths of all five-word shingles of the two (Jaccard), or when, from 26 words on, a training row holds half of its
13-grams. Golden sets are small and corpora large: the golden rows are indexed and the corpus streams past, so that
every candidate is verified by counting and nothing of the corpus is kept.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

FEWEST_WORDS = 8
SHINGLE_WORDS, JACCARD = 5, 0.8
GRAM_WORDS, LONG_ROW_WORDS, CONTAINMENT = 13, 26, 0.5
UNKNOWN_WORD = -1
ASKED = ("input", "prompt", "question", "instruction", "query", "text")

Kind = Literal["exact", "near", "contained"]
STRONGEST: tuple[Kind, ...] = ("exact", "near", "contained")
Gram = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A golden row found in the corpus: how, how alike (1.0, the Jaccard index or the share of 13-grams), and where

    (the number of the training row, from 1). Of several the strongest kind is kept, of these the first most alike.
    """

    key: str
    kind: Kind
    likeness: float
    row: int


@dataclass(frozen=True, slots=True)
class Overlap:
    """``without_text`` golden rows ask nothing that could be compared; matches are in the order of their keys."""

    golden_rows: int
    without_text: int
    corpus_rows: int
    matches: tuple[Match, ...]

    @property
    def share(self) -> float:
        return len(self.matches) / self.golden_rows if self.golden_rows else 0.0


@dataclass(frozen=True, slots=True)
class _Grams:
    """Runs of ``words`` words: which golden rows hold each of them, and how many different ones each row has."""

    words: int
    owners: Mapping[Gram, tuple[int, ...]]
    sizes: Mapping[int, int]

    def shared(self, ids: Sequence[int]) -> dict[int, int]:
        """How many different grams of each golden row occur in a text of word numbers."""
        found: dict[int, int] = defaultdict(int)
        seen: set[Gram] = set()
        start = 0
        for place, number in enumerate([*ids, UNKNOWN_WORD]):
            if number != UNKNOWN_WORD:
                continue
            # A gram with a word that no golden row has is nobody's: only runs of known words are looked up.
            for first in range(start, place - self.words + 1):
                gram = tuple(ids[first : first + self.words])
                if gram in self.owners and gram not in seen:
                    seen.add(gram)
                    for owner in self.owners[gram]:
                        found[owner] += 1
            start = place + 1
        return found


class Index:
    """The golden rows, ready to be found. ``golden`` gives each row's key and what it asks ("" where nothing)."""

    def __init__(self, golden: Iterable[tuple[str, str]]) -> None:
        rows = [(key, normalised(text)) for key, text in golden]
        self._keys = [key for key, _ in rows]
        self._without_text = sum(not text for _, text in rows)
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._numbers: dict[str, int] = {}
        worded: dict[int, list[int]] = {}
        for place, (_, text) in enumerate(rows):
            words = text.split()
            if words:
                self._exact[text].append(place)
            if len(words) >= FEWEST_WORDS:
                worded[place] = [self._numbers.setdefault(word, len(self._numbers)) for word in words]
        self._shingles = _grams(SHINGLE_WORDS, worded)
        self._long = _grams(GRAM_WORDS, {place: ids for place, ids in worded.items() if len(ids) >= LONG_ROW_WORDS})
        self._matches: dict[int, Match] = {}
        self._corpus_rows = 0

    def read(self, texts: Iterable[str]) -> None:
        """Compare one training row, given as what it asks in one or more texts."""
        self._corpus_rows += 1
        for text in texts:
            self._compare(normalised(text))

    def overlap(self) -> Overlap:
        """What was found in the rows read so far."""
        matches = sorted(self._matches.values(), key=lambda match: match.key)
        return Overlap(len(self._keys), self._without_text, self._corpus_rows, tuple(matches))

    def _compare(self, text: str) -> None:
        for place in self._exact.get(text, ()):
            self._note(place, "exact", 1.0)
        words = text.split()
        if len(words) < FEWEST_WORDS:
            return
        ids = [self._numbers.get(word, UNKNOWN_WORD) for word in words]
        for place, shared in self._shingles.shared(ids).items():
            size = self._shingles.sizes[place]
            # Below this even a text without a word more could not be alike enough.
            if shared >= JACCARD * size:
                likeness = shared / (size + _different(words, SHINGLE_WORDS) - shared)
                if likeness >= JACCARD:
                    self._note(place, "near", likeness)
        if self._long.sizes and len(words) >= GRAM_WORDS:
            for place, shared in self._long.shared(ids).items():
                if shared >= CONTAINMENT * self._long.sizes[place]:
                    self._note(place, "contained", shared / self._long.sizes[place])

    def _note(self, place: int, kind: Kind, likeness: float) -> None:
        standing = self._matches.get(place)
        better = standing is None or (STRONGEST.index(kind), -likeness) < (
            STRONGEST.index(standing.kind),
            -standing.likeness,
        )
        if better:
            self._matches[place] = Match(self._keys[place], kind, round(likeness, 9), self._corpus_rows)


def normalised(text: str) -> str:
    """NFKC, case folded, every run of whitespace one blank."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def asked_of(row: Mapping[str, object]) -> tuple[str, ...]:
    """What a row of questions and answers asks: the texts of its user's messages, alone and together, and its columns

    named input, prompt, question, instruction, query or text. Empty where it has none of them.
    """
    texts = [value for name in ASKED if isinstance(value := row.get(name), str) and value.strip()]
    messages = row.get("messages")
    said = [_said(message) for message in messages] if isinstance(messages, list) else []
    said = [text for text in said if text.strip()]
    together = ["\n".join(said)] if len(said) > 1 else []
    return (*texts, *said, *together)


def golden_text(content: Mapping[str, object]) -> str:
    """The text by which a golden row is found: all its user's messages together, else its prompt, else its input."""
    messages = content.get("messages")
    if isinstance(messages, list) and messages:
        return "\n".join(text for message in messages if (text := _said(message)))
    for name in ("prompt", "input"):
        value = content.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _said(message: object) -> str:
    """The text of a user's message; a system's or a model's is shared by rows that ask different things."""
    if not isinstance(message, Mapping) or message.get("role") not in ("user", "human"):
        return ""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
    return " ".join(text for text in texts if isinstance(text, str))


def _grams(words: int, rows: Mapping[int, Sequence[int]]) -> _Grams:
    owners: dict[Gram, list[int]] = defaultdict(list)
    sizes = {}
    for place, ids in rows.items():
        different = {tuple(ids[first : first + words]) for first in range(len(ids) - words + 1)}
        sizes[place] = len(different)
        for gram in different:
            owners[gram].append(place)
    return _Grams(words, {gram: tuple(places) for gram, places in owners.items()}, sizes)


def _different(words: Sequence[str], size: int) -> int:
    return len({tuple(words[first : first + size]) for first in range(len(words) - size + 1)})
