"""What is true around a card on the day a gate is asked: frozen, stored with the verdict, read again by an auditor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from apps.kernel.errors import InvalidInput
from apps.kernel.scorecard.clusters import Clusters, Entry

ChangeKind = Literal["teacher", "dataset", "judge", "evaluator", "price", "policy"]
CHANGE_KINDS = ("teacher", "dataset", "judge", "evaluator", "price", "policy")
MIX_DRIFT_P, MIX_DRIFT_PSI = 0.01, 0.1
CONTENT_DRIFT_P = 0.01


class CircumstancesUnreadable(InvalidInput):
    """The document does not say what stood around a card."""

    code = "circumstances_unreadable"
    title = "The circumstances cannot be read"


@dataclass(frozen=True, slots=True)
class Change:
    """Something a card rests on that is another one now.

    ``then`` and ``now`` name the two, ``since`` is the ISO date of the newer one, ``evaluator`` the column it touches.
    """

    kind: ChangeKind
    then: str
    now: str
    since: str
    evaluator: str | None = None


@dataclass(frozen=True, slots=True)
class Golden:
    """The golden version of a card: days since it was pinned, and how many verdicts rested on it before this one."""

    version: str
    age_days: int
    earlier_gates: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The scored pairs of contaminated rows in one cell: (teacher, student, count), as the card keeps them.

    ``clusters`` is what these rows add to the cell's clusters, empty where rows are independent.
    """

    cohort: str
    evaluator: str
    pairs: tuple[tuple[float, float, int], ...]
    clusters: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Contamination:
    """What the corpora of the student share with the rows of the card.

    ``rows`` of ``compared`` rows also stand in a corpus; ``taken`` holds their scores. ``corpora`` are digests.
    """

    corpora: tuple[str, ...]
    rows: int
    compared: int
    taken: tuple[Taken, ...] = ()

    @property
    def share(self) -> float:
        return self.rows / self.compared if self.compared else 0.0


@dataclass(frozen=True, slots=True)
class MixDrift:
    """How far live traffic moved from the card's mix of cohorts (statistics.md §4.9)."""

    psi: float
    p: float

    @property
    def drifted(self) -> bool:
        return self.p < MIX_DRIFT_P and self.psi > MIX_DRIFT_PSI


@dataclass(frozen=True, slots=True)
class LiveWindow:
    """A sample of live traffic by its digest, its days (ISO dates, both included), and what it says of the card's rows.

    ``content_p``: the chance that its texts differ so much from the golden ones if nothing had moved; None: not known.
    """

    sample: str
    since: str
    until: str
    content_p: float | None = None

    @property
    def content_moved(self) -> bool:
        return self.content_p is not None and self.content_p < CONTENT_DRIFT_P


@dataclass(frozen=True, slots=True)
class LiveTraffic:
    """The newest sample of live traffic, ``earlier`` the newest that ended before it began.

    ``unknown_share``: of its ``rows`` in cohorts that the golden rows do not have, ``novelty``: of those with a text
    that are like no golden row; both 0 to 1, None: not known.
    """

    newest: LiveWindow
    rows: int
    unknown_share: float
    novelty: float | None = None
    earlier: LiveWindow | None = None

    @property
    def content_drifted(self) -> bool:
        """Texts moved in two windows running; one alone may be a day of its own."""
        return self.newest.content_moved and self.earlier is not None and self.earlier.content_moved


@dataclass(frozen=True, slots=True)
class Circumstances:
    """``decided_on`` is an ISO date, ``card_age_days`` whole days since the card was sealed.

    ``contamination`` None: no corpus of the student was compared with these rows. ``live`` None: there is no recent
    sample of live traffic. ``mix_drift`` None: whether its mix has moved is not known.
    """

    decided_on: str
    card_age_days: int
    changes: tuple[Change, ...] = ()
    golden: Golden | None = None
    contamination: Contamination | None = None
    mix_drift: MixDrift | None = None
    live: LiveTraffic | None = None

    def document(self) -> dict[str, object]:
        """The JSON value; ``from_document`` gives the same circumstances back."""
        written = asdict(self)
        # Left out where there is none, so that verdicts from before it was known keep their digest.
        return written if self.live is not None else {name: value for name, value in written.items() if name != "live"}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Circumstances:
        """Read stored circumstances. Raises CircumstancesUnreadable."""
        try:
            changes = tuple(Change(**change) for change in document["changes"])
            strange = {change.kind for change in changes} - set(CHANGE_KINDS)
            if strange:
                raise ValueError(f"no change is called {sorted(strange)[0]!r}")
            for day in (document["decided_on"], *(change.since for change in changes)):
                date.fromisoformat(day)
            golden, drift = document["golden"], document["mix_drift"]
            return cls(
                decided_on=str(document["decided_on"]),
                card_age_days=int(document["card_age_days"]),
                changes=changes,
                golden=None if golden is None else Golden(**golden),
                contamination=_contamination(document["contamination"]),
                mix_drift=None if drift is None else MixDrift(**drift),
                live=_live(document.get("live")),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CircumstancesUnreadable(f"The circumstances are malformed: {str(error)[:80]}.") from error


def _live(document: Mapping[str, Any] | None) -> LiveTraffic | None:
    if document is None:
        return None
    earlier = document["earlier"]
    return LiveTraffic(
        newest=_window(document["newest"]),
        rows=int(document["rows"]),
        unknown_share=float(document["unknown_share"]),
        novelty=None if document["novelty"] is None else float(document["novelty"]),
        earlier=None if earlier is None else _window(earlier),
    )


def _window(document: Mapping[str, Any]) -> LiveWindow:
    for day in (document["since"], document["until"]):
        date.fromisoformat(day)
    return LiveWindow(**document)


def _contamination(document: Mapping[str, Any] | None) -> Contamination | None:
    if document is None:
        return None
    return Contamination(
        corpora=tuple(document["corpora"]),
        rows=int(document["rows"]),
        compared=int(document["compared"]),
        taken=tuple(
            Taken(
                cohort=one["cohort"],
                evaluator=one["evaluator"],
                pairs=tuple((float(teacher), float(student), int(count)) for teacher, student, count in one["pairs"]),
                clusters=Clusters.from_document(one.get("clusters", ())).entries,
            )
            for one in document["taken"]
        ),
    )
