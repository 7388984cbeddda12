"""What stands beside the checks of a scorecard, in words: noise, clusters, cohorts worth a look, how answers ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.console import figures
from apps.console.verdict_panel import ALL_TRAFFIC, Document

GLOBAL = "*"
THIN_COVERAGE = 0.9
KINDS = {"fault": "faults", "refused": "refusals", "cut_off": "cut off"}
WHY_NO_DIVERGENCE = {"not_comparable": "not comparable", "no_rows": "no readable row"}


@dataclass(frozen=True, slots=True)
class Beside:
    """``tags``: what must be seen at once, (word, is a warning). ``notes``: (sentence, section of the method)."""

    tags: tuple[tuple[str, bool], ...]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """A cohort's answers apart from their scores; "" where nothing is known. A thin divergence is printed in grey."""

    title: str
    n: str
    endings: tuple[str, ...]
    first_token: str
    divergence: str
    interval: str
    is_thin: bool


def beside(cell: Document) -> Beside:
    """Of one cell of a report document; reports stored before these figures were made have none."""
    tags: list[tuple[str, bool]] = []
    look, clusters = cell.get("heterogeneity"), cell.get("clusters")
    if look and look["worth_a_look"]:
        tags.append(("worth a look", False))
    if clusters and clusters["thin"]:
        tags.append((figures.plural(clusters["count"], "cluster"), True))
    return Beside(tuple(tags), tuple(_notes(cell)))


def answers(report: Document) -> tuple[Answers, ...]:
    """A line for all traffic and each cohort; empty when no cohort has anything to tell."""
    lines = tuple(_answers(cohort) for cohort in report["cohorts"])
    told = any(line.endings or line.first_token for line in lines)
    return lines if told or any(_is_stored(cohort) for cohort in report["cohorts"]) else ()


def _notes(cell: Document) -> Iterator[tuple[str, str]]:
    seen, look, clusters, noise = (cell.get(n) for n in ("smallest_loss_seen_pp", "heterogeneity", "clusters", "noise"))
    if arms := _arms(cell):
        yield arms, "score-of-a-model"
    if seen is not None:
        yield f"These rows show a loss of {seen:.1f} pp or more in 80 of 100 cases.", "smallest-loss-seen"
    if clusters:
        few = ", too few to judge" if clusters["few"] else ", so the interval is rough" if clusters["thin"] else ""
        yield f"The rows come from {figures.plural(clusters['count'], 'cluster')}{few}.", "clusters"
    if noise:
        yield from ((sentence, "noise-floor") for sentence in _noise(noise))
    if look:
        against = f"{figures.signed(look['delta_pp'])} pp against the other cohorts"
        yield (f"Worth a look: {against}." if look["worth_a_look"] else f"Like the others: {against}."), "worth-a-look"
    if rates := cell.get("missing_rates"):
        yield f"Missing: {_both(rates)}.", "missing-and-unpaired"


def _arms(cell: Document) -> str:
    """ "Teacher 0.857 [0.790, 0.905], student 0.766 [0.688, 0.829]." """
    ends = {role: cell.get(f"{role}_interval") for role in ("teacher", "student")}
    if not all(ends.values()):
        return ""
    told = (f"{role} {figures.score(cell[role])} {figures.ratio_interval(ends[role])}" for role in ends)
    return f"{', '.join(told).capitalize()}."


def _noise(noise: Document) -> Iterator[str]:
    if noise["flip_share"] is not None:
        low, high = noise["flip_interval"]
        share, span = figures.percent(noise["flip_share"], digits=1), f"{100 * low:.1f} to {100 * high:.1f} %"
        yield f"The teacher disagrees with itself on {share} of rows ({span}; {noise['rows']:,} rows)."
    size = f"Repetition alone makes a difference of {noise['self_size_pp']:.1f} pp"
    if noise["explained"] is None:
        yield f"{size}."
    else:
        yield f"{size}, {figures.percent(noise['explained'])} of the one seen."
    if noise["incomplete"]:
        rows = figures.plural(noise["incomplete"], "row counts", "rows count")
        yield f"{rows} by the mean of the answers that have a score."


def _answers(cohort: Document) -> Answers:
    name, first, found = cohort["cohort"], cohort.get("first_token_ms"), cohort.get("divergence") or {}
    endings = cohort.get("endings") or {}
    covered, interval = found.get("covered"), found.get("interval_nats")
    divergence = WHY_NO_DIVERGENCE.get(found.get("reason") or "", "")
    if found.get("at_least_nats") is not None:
        divergence = f"≥ {found['at_least_nats']:.2f} nats (covers {figures.percent(covered)} of teacher mass)"
    return Answers(
        title=ALL_TRAFFIC if name == GLOBAL else name,
        n=figures.count(cohort["n"]),
        endings=tuple(f"{word} {_both(endings[kind])}" for kind, word in KINDS.items() if endings.get(kind)),
        first_token="" if first is None else _percentiles(first),
        divergence=divergence,
        interval="" if interval is None else f"[{interval[0]:.2f}, {interval[1]:.2f}], n {found['n']:,}",
        is_thin=covered is None or covered < THIN_COVERAGE,
    )


def _both(rates: Document) -> str:
    """ "teacher 0.0 %, student 2.1 % (difference +2.1 pp [+0.4, +5.0])"."""
    teacher, student = (figures.percent(rates[side]["share"], digits=1) for side in ("teacher", "student"))
    ends = figures.interval(rates["difference_interval_pp"])
    return f"teacher {teacher}, student {student} (difference {figures.signed(rates['difference_pp'])} pp {ends})"


def _percentiles(first: Document) -> str:
    told: Sequence[str] = [
        f"{word} {figures.milliseconds(first[word]['teacher'])} → {figures.milliseconds(first[word]['student'])}"
        for word in ("p50", "p95", "p99")
    ]
    return f"{', '.join(told)} ms, n {first['n']:,}"


def _is_stored(cohort: Document) -> bool:
    found = cohort.get("divergence") or {"reason": "not_available"}
    return bool(found["reason"] != "not_available")
