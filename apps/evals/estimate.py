"""What a run would do and cost, before it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion, Example
from apps.evals.execute.judge import ASKS
from apps.evaluators import queries as evaluators
from apps.evaluators.models import SuiteVersion
from apps.inference.providers import catalogue
from apps.kernel import chat, estimate
from apps.kernel.budget import ANSWER_TOKENS_UNSET, answer_limit
from apps.kernel.chat import Usage
from apps.kernel.errors import InvalidInput
from apps.kernel.evaluators import catalogue as catalogue_of_evaluators
from apps.kernel.evaluators import planted
from apps.kernel.evaluators.anchors import judge_digest
from apps.kernel.price import cost
from apps.registry import queries as registry
from apps.registry.models import ModelVersion, PriceCard

JUDGE_CHARACTERS = 700
JUDGE_ANSWER_TOKENS = (15, 120)
CHARACTERS_PER_TOKEN = 4

Loaded = tuple[ModelVersion, estimate.Load]


@dataclass(frozen=True, slots=True)
class Estimate:
    """``calls`` to models in all. ``spend_usd`` is the least and the most, None where ``unpriced`` models are called.

    ``checking_usd`` is the part of it that checking the judges takes, and ``held_usd`` what a budget keeps for it.
    ``unlimited`` names versions whose answers have no limit of tokens, so that one was assumed; ``unbounded`` adds
    judges of which that is true.
    """

    rows: int
    calls: int
    spend_usd: tuple[Decimal, Decimal] | None
    unpriced: tuple[str, ...]
    unlimited: tuple[str, ...]
    unbounded: tuple[str, ...] = ()
    checking_usd: tuple[Decimal, Decimal] | None = None
    held_usd: Decimal = Decimal(0)

    @property
    def least_usd(self) -> Decimal | None:
        return self.spend_usd[0] if self.spend_usd else None

    @property
    def most_usd(self) -> Decimal | None:
        return self.spend_usd[1] if self.spend_usd else None


def of_run(
    *,
    dataset: DatasetVersion,
    teacher: ModelVersion,
    student: ModelVersion,
    suite: SuiteVersion,
    repeats: int = 1,
    divergence: str = "",
) -> Estimate:
    """Each example is answered ``repeats`` times; with ``divergence`` the student is asked once more a row.

    Raises InvalidInput ``same_model`` and Conflict ``dataset_not_pinned``, as starting would.
    """
    datasets.require_pinned(dataset)
    if teacher.pk == student.pk:
        raise InvalidInput(
            f"{teacher} cannot be its own student; choose two different versions.",
            code="same_model",
            where={"field": "student"},
        )
    examples = list(datasets.examples(dataset))
    sides = [version for version in (teacher, student) if not version.is_recorded]
    asked = loads_of(examples, teacher=teacher, student=student, suite=suite, repeats=repeats, divergence=divergence)
    loads = asked.all()
    called = [version for version, _ in loads]
    cards = registry.prices_on(called, timezone.now().date())

    def spend(loads: Sequence[Loaded]) -> tuple[Decimal, Decimal] | None:
        return estimate.spend_range((registry.price_value(cards.get(version.pk)), load) for version, load in loads)

    work, checking, once_more = (
        spend(part) for part in ([*asked.answering, *asked.judging], asked.checking, asked.more)
    )
    checked = None if checking is None or once_more is None else (checking[0], checking[1] + once_more[1])
    return Estimate(
        rows=len(examples),
        calls=sum(load.calls for _, load in loads),
        spend_usd=None if work is None or checked is None else (work[0] + checked[0], work[1] + checked[1]),
        checking_usd=checked,
        held_usd=_held(asked.checking, cards, checked),
        unpriced=tuple(sorted({str(version) for version in (*called, teacher, student) if _is_unpriced(version)})),
        unlimited=_without_limit(sides),
        unbounded=_without_limit(called),
    )


@dataclass(frozen=True, slots=True)
class Loads:
    """What each live side is asked, and what is asked about answers: each judge, and the student that measures. A model

    that is asked for two reasons stands there twice.

    ``checking``: planted answers and anchors; ``more``: what planted orders that got marks are asked about again, if
    all of them do.
    """

    answering: Sequence[Loaded]
    judging: Sequence[Loaded]
    checking: Sequence[Loaded]
    more: Sequence[Loaded]

    def all(self) -> list[Loaded]:
        """Every call that is made in any case."""
        return [*self.answering, *self.judging, *self.checking]


def loads_of(
    examples: Sequence[Example],
    *,
    teacher: ModelVersion,
    student: ModelVersion,
    suite: SuiteVersion,
    repeats: int,
    divergence: str = "",
) -> Loads:
    sides = [version for version in (teacher, student) if not version.is_recorded]
    measured = {student.pk} if divergence and can_score(student) else set()
    most = max((_limit(version) or ANSWER_TOKENS_UNSET for version in (teacher, student)), default=0)
    judges = _judges(suite)
    judging = [(judge, _judging(entry, examples, most, repeats)) for entry, judge in judges]
    planted_answers = planted.how_many(2 * len(examples) * repeats)
    checking, more = [], []
    for (entry, judge), (_, load) in zip(judges, judging, strict=True):
        if catalogue_of_evaluators.is_judge(str(entry["kind"])):
            anchors = _anchors(suite, entry)
            checking.append((judge, _as_long(load, planted_answers + anchors)))
            again = planted.ASKED_AGAIN * -(-planted_answers // len(planted.CASES))
            more.append((judge, _as_long(load, again)))
    measuring = [(version, _measuring(version, examples, most)) for version in sides if version.pk in measured]
    answering = [(version, _answering(version, examples, repeats)) for version in sides]
    return Loads(answering, [*judging, *measuring], checking, more)


def _anchors(suite: SuiteVersion, entry: Mapping[str, object]) -> int:
    """How many stored answers the entry's judge would be asked about again."""
    current = evaluators.anchors_of(suite.suite.project_id, judge_digest(entry))
    return 0 if current is None else current.size


def _as_long(load: estimate.Load, calls: int) -> estimate.Load:
    """So many calls, each as long as those of a load are on average."""
    characters = -(-load.characters * calls // load.calls) if load.calls else 0
    return estimate.Load(calls, characters, load.answer_tokens)


def _held(
    checking: Sequence[Loaded], cards: Mapping[UUID, PriceCard], checked: tuple[Decimal, Decimal] | None
) -> Decimal:
    """The most that checking is expected to cost, and one asking more at its worst: so that the last one still fits."""
    if checked is None:
        return Decimal(0)
    last = []
    for judge, load in checking:
        card = registry.price_value(cards.get(judge.pk))
        if card is not None and load.calls:
            # A token is no shorter than a byte, so characters are the tokens that an asking reserves, or nearly.
            usage = Usage(load.characters // load.calls, _limit(judge) or ANSWER_TOKENS_UNSET)
            last.append(ASKS * cost(card, usage))
    return checked[1] + max(last, default=Decimal(0))


def _limit(version: ModelVersion) -> int | None:
    """By the names that its endpoint's dialect has for a limit; of recorded answers by any of them."""
    if version.is_recorded:
        return answer_limit(version.parameters)
    return answer_limit(version.parameters, catalogue.get(version.endpoint.provider.dialect).limits)


def _without_limit(versions: Sequence[ModelVersion]) -> tuple[str, ...]:
    return tuple(sorted({str(version) for version in versions if _limit(version) is None}))


def _is_unpriced(version: ModelVersion) -> bool:
    return registry.price_on(version, timezone.now().date()) is None


def _answering(version: ModelVersion, examples: Sequence[Example], repeats: int) -> estimate.Load:
    characters = sum(_asked(example.content) for example in examples)
    return estimate.Load(repeats * len(examples), repeats * characters, (1, _limit(version) or ANSWER_TOKENS_UNSET))


def _asked(content: Mapping[str, object]) -> int:
    try:
        return sum(len(message.content) for message in chat.messages_of(content))
    except chat.NothingToAsk:
        return 0


def _judging(entry: Mapping[str, object], examples: Sequence[Example], most_tokens: int, repeats: int) -> estimate.Load:
    """Both answers of each row in the entry's cohorts. An answer is shown to the judge whole, at its longest."""
    cohorts = entry["cohorts"]
    judged = [example for example in examples if not cohorts or example.cohort.name in cohorts]  # type: ignore[operator]
    shown = sum(_asked(example.content) + len(str(example.content.get("reference") or "")) for example in judged)
    around = len(judged) * (JUDGE_CHARACTERS + most_tokens * CHARACTERS_PER_TOKEN)
    asked = 2 * repeats
    return estimate.Load(asked * len(judged), asked * (shown + around), JUDGE_ANSWER_TOKENS)


def can_score(student: ModelVersion) -> bool:
    """Can this version say how likely it finds a given text?"""
    return not student.is_recorded and catalogue.can_score(student.endpoint.provider.dialect)


def _measuring(student: ModelVersion, examples: Sequence[Example], most_tokens: int) -> estimate.Load:
    """The first answer of the teacher to each row, at its longest, behind what was asked."""
    shown = sum(_asked(example.content) for example in examples) + len(examples) * most_tokens * CHARACTERS_PER_TOKEN
    is_said = catalogue.get(student.endpoint.provider.dialect).prompt_scoring == "forced"
    return estimate.Load(len(examples), shown, (1, most_tokens + 1 if is_said else 1))


def _judges(suite: SuiteVersion) -> list[tuple[Mapping[str, object], ModelVersion]]:
    asking = [(entry, UUID(entry["judge_version_id"])) for entry in suite.entries if entry["judge_version_id"]]
    ids = [identifier for _, identifier in asking]
    found = {version.pk: version for version in registry.versions(suite.suite.project).filter(pk__in=ids)}
    return [(entry, found[identifier]) for entry, identifier in asking]
