"""Figures that stand beside a verdict and never make one: noise, cohorts worth a look, how answers ended."""

from __future__ import annotations

from apps.kernel.gate import grouped, measure
from apps.kernel.scorecard import Cell, Scorecard
from apps.kernel.scorecard.endings import KINDS
from apps.kernel.statistics import heterogeneity
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.multiplicity import benjamini_hochberg
from apps.kernel.statistics.noise_floor import noise_floor
from apps.kernel.statistics.paired import tango_interval
from apps.kernel.statistics.proportion import wilson

FALSE_LOOKS = 0.10
"""Of the cohorts shown as worth a look, this share may be expected to be chance (Benjamini and Hochberg)."""
RESAMPLED = 4_000_000
MOST_RESAMPLES, FEWEST_RESAMPLES = 2000, 200


def noise_of(card: Scorecard, cell: Cell, *, level: float) -> dict[str, object] | None:
    """The teacher against itself on these rows; None where it answered once, or no row has two scored answers.

    Every row counts once. Where a cohort's weight is not its share of rows, the floor says how large such a difference
    gets, and ``explained`` and ``p_repetition`` are None: the weighted difference is of another mix.
    """
    repeats = cell.repeats
    if repeats is None or not any(len(runs) > 1 for runs, _ in repeats.teacher_scores):
        return None
    table = repeats.table()
    found = noise_floor(
        table,
        delta=cell.delta if cell.pooled and cell.delta is not None else 0.0,
        averaged=repeats.averaged,
        level=level,
        resamples=max(FEWEST_RESAMPLES, min(MOST_RESAMPLES, RESAMPLED // len(table))),
        seed=card.seed,
    )
    comparable = cell.pooled and cell.delta is not None
    return {
        "rows": found.n,
        "runs": repeats.teacher_runs,
        "incomplete": repeats.incomplete,
        "flip_share": None if found.flips is None else rounded(found.flips.share),
        "flip_interval": None if found.flips is None else ends(found.flips.interval),
        "self_size_pp": points(found.self_size),
        "self_interval_pp": [points(found.self_interval.low), points(found.self_interval.high)],
        "explained": rounded(found.explained) if comparable and found.explained is not None else None,
        "p_repetition": rounded(found.p_repetition) if comparable else None,
    }


def looks(card: Scorecard) -> dict[tuple[str, str], dict[str, object]]:
    """Each cohort's difference against that of all other cohorts, by (cohort, evaluator); adjusted over the card."""
    weights = {cohort.name: cohort.weight for cohort in card.cohorts}
    found: dict[tuple[str, str], heterogeneity.Contrast] = {}
    for evaluator in card.evaluators:
        cells = [c for c in card.cells if c.evaluator == evaluator.name and c.n and not grouped.has_few_clusters(c)]
        by_rows = card.weights_source == "row_share"
        parts = [(float(c.n) if by_rows else weights[c.cohort], measure.moments_of(c)) for c in cells]
        for cell, contrast in zip(cells, heterogeneity.against_rest(parts), strict=True):
            if contrast is not None:
                found[cell.cohort, cell.evaluator] = contrast
    adjusted = benjamini_hochberg([contrast.p for contrast in found.values()])
    return {
        place: {
            "delta_pp": points(contrast.delta),
            "p": rounded(contrast.p),
            "q": rounded(q),
            "worth_a_look": q <= FALSE_LOOKS,
        }
        for (place, contrast), q in zip(found.items(), adjusted, strict=True)
    }


def missing_rates(cell: Cell, *, level: float) -> dict[str, object] | None:
    """How often each arm's score is missing, and the difference; None where none is."""
    absent = cell.missing
    if not absent.pairs:
        return None
    only_teacher, only_student = absent.pairs - absent.student, absent.pairs - absent.teacher
    both = absent.teacher + absent.student - absent.pairs
    return _rates((only_teacher, only_student, both), cell.rows, level)


def ending_rates(card: Scorecard, cohort: str, *, level: float) -> dict[str, object] | None:
    """How often each arm's answer ended in a fault, was refused or cut off, with the codes; None where all ended well.

    Of a row that was answered several times, its first answer counts.
    """
    traffic = card.traffic_of(cohort)
    if not traffic.endings.counts:
        return None
    teacher, student = traffic.endings.codes()
    found: dict[str, object] = {"codes": {"teacher": dict(teacher), "student": dict(student)}}
    for kind in KINDS:
        paired = traffic.endings.paired(kind)
        found[kind] = _rates(paired, traffic.rows, level) if any(paired) else None
    return found


def _rates(paired: tuple[int, int, int], rows: int, level: float) -> dict[str, object]:
    """From rows in which the teacher alone, the student alone and both were hit: Wilson each, Tango the difference."""
    teacher, student = paired[0] + paired[2], paired[1] + paired[2]
    # Tango's difference is wins less losses; a row hit in the student alone raises the student's rate.
    span = tango_interval(paired[0], paired[1], rows, level=level)
    return {
        "rows": rows,
        **{
            name: {"count": count, "share": rounded(count / rows), "interval": ends(wilson(count, rows, level=level))}
            for name, count in (("teacher", teacher), ("student", student))
        },
        "difference_pp": points((student - teacher) / rows),
        "difference_interval_pp": [points(span.low), points(span.high)],
    }


def rounded(value: float) -> float:
    return round(value, 9) + 0.0


def points(fraction: float) -> float:
    return round(fraction * 100, 9) + 0.0


def ends(interval: Interval) -> list[float]:
    return [rounded(interval.low), rounded(interval.high)]
