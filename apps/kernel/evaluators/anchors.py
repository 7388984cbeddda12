"""Anchors: stored answers with a judge's stored verdicts, put to it again, so that a judge that changed is seen (§4.5).

A provider may change a model behind one name. What such a judge says of today's answers cannot tell that; what it says
of answers it has judged before can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from apps.kernel import digest
from apps.kernel.errors import InvalidInput
from apps.kernel.sampling import shared_out, smallest
from apps.kernel.scorecard.anchors import Anchors
from apps.kernel.scorecard.judges import PASSES_FROM
from apps.kernel.statistics.bounded import Stratum, phantom_interval, phantom_test
from apps.kernel.statistics.flips import mcnemar_exact

FEWEST, USUAL, MOST = 100, 120, 400
ALPHA = 0.01
"""A judge that did not change is said to have changed in at most one run of a hundred."""
MOST_MISSING = 0.10
"""Beyond this share of anchors without a verdict, nobody can say that the judge is the one it was."""
TEXT_GONE = "anchor_text_gone"
FLIPPED, SHIFTED, RENAMED, SILENT = "flipped", "shifted", "renamed", "silent"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that the judge was asked about: its id, cohort and verdict, 0 to 1."""

    id: str
    cohort: str
    value: float


@dataclass(frozen=True, slots=True)
class Drift:
    """What anchors say of a judge. ``code`` is None while nothing shows that it changed.

    ``stricter`` answers passed then and do not now, ``kinder`` ones the other way; ``shift`` is the mean change of
    graded scores, −1 to 1, 0 for verdicts of 0 and 1. ``p`` is two-sided, None where no verdict can be compared.
    ``renamed`` are the names that the provider answers under now and did not then.
    """

    code: str | None
    judged: int
    stricter: int
    kinder: int
    shift: float
    p: float | None
    renamed: tuple[str, ...] = ()

    @property
    def flips(self) -> int:
        return self.stricter + self.kinder


def judge_digest(entry: Mapping[str, object]) -> str:
    """One name for a judge as a suite froze it: the model version, what it is asked, and its settings.

    Another model version, question or setting is another judge, with anchors of its own.
    """
    asked = {"kind": entry["kind"], "version": entry.get("version"), "settings": entry["settings"]}
    return digest.of({**asked, "judge": entry["judge_version_id"]})


def set_digest(judge: str, members: Iterable[tuple[str, float]]) -> str:
    """Of the answers' ids and their verdicts; the order in which they were drawn says nothing."""
    return digest.of({"judge": judge, "members": sorted([identifier, value] for identifier, value in members)})


def draw(candidates: Iterable[Candidate], *, size: int, seed: str) -> tuple[Candidate, ...]:
    """``size`` candidates, or all if there are fewer; each cohort and verdict gives its share, by largest remainder.

    Never more than its share: a judge that errs at random errs towards the mean, so a set with more fails than the run
    had would look kinder when asked again, and more of the rarer verdict would look like drift. The same seed draws the
    same, whatever the order. Raises InvalidInput ``anchors_size`` and ``anchors_too_few``.
    """
    if not FEWEST <= size <= MOST:
        raise InvalidInput(
            f"A set of anchors has {FEWEST} to {MOST} answers, not {size}.",
            code="anchors_size",
            where={"field": "rows"},
        )
    groups: dict[tuple[str, bool], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault((candidate.cohort, passes(candidate.value)), []).append(candidate)
    known = sum(map(len, groups.values()))
    if known < FEWEST:
        raise InvalidInput(
            f"The judge gave {known} answers of this run a verdict; a set of anchors needs {FEWEST}.",
            code="anchors_too_few",
            where={"field": "evaluator"},
            fix="Draw them from a run with more rows.",
        )
    quotas = shared_out(min(size, known), {place: len(group) / known for place, group in groups.items()})
    by_id = {one.id: one for group in groups.values() for one in group}
    drawn = [
        name
        for place, group in groups.items()
        for name in smallest((one.id for one in group), quotas[place], seed=seed)
    ]
    return tuple(by_id[name] for name in smallest(drawn, len(drawn), seed=seed))


def passes(value: float) -> bool:
    return value >= PASSES_FROM


def drift_of(found: Anchors) -> Drift:
    """What the pairs of then and now, the missing ones and the names say; the first that applies is the code.

    A provider's new name blocks whatever the verdicts are. Verdicts of 0 and 1 are tested by McNemar's exact test of
    flips, graded ones by the mean change with two phantom answers and Student's t, both two-sided at 1 %.
    """
    stricter = sum(count for then, now, count in found.pairs if passes(then) and not passes(now))
    kinder = sum(count for then, now, count in found.pairs if passes(now) and not passes(then))
    renamed = tuple(sorted(set(found.told_now) - set(found.told_then))) if found.told_then else ()
    is_binary = all(value in (0.0, 1.0) for then, now, _ in found.pairs for value in (then, now))
    if is_binary:
        shift, p = 0.0, mcnemar_exact(stricter, kinder) if found.pairs else None
    else:
        shift, p = _shift(found)
    code = None
    if renamed:
        code = RENAMED
    elif not found.size or sum(found.missing.values()) > MOST_MISSING * found.size:
        code = SILENT
    elif p is not None and p < ALPHA:
        code = FLIPPED if is_binary else SHIFTED
    return Drift(code, found.judged, stricter, kinder, shift, p, renamed)


def _shift(found: Anchors) -> tuple[float, float]:
    """The mean change of graded scores, and its two-sided p-value."""
    values = np.repeat([now - then for then, now, _ in found.pairs], [count for _, _, count in found.pairs])
    strata = [Stratum(1.0, values)]
    tested = phantom_test(strata, margin=0.0)
    return phantom_interval(strata).delta, min(1.0, 2 * min(tested.p_pass, tested.p_fail))
