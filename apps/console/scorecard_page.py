"""The report document of a comparison as a page: sorted, counted, placed on one axis, every figure already a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.console import figures, forest, scorecard_order
from apps.console.scorecard_beside import Answers, Beside, answers, beside
from apps.console.scorecard_costs import CostLine, at_use, cost_lines
from apps.console.scorecard_order import BY_LOSS, BY_VERDICT, Rank
from apps.console.scorecard_texts import TextPanel, text_panel
from apps.console.scorecard_tiles import Tile, reason, tiles
from apps.console.verdict_panel import ALL_TRAFFIC, WORST_FIRST, Document, Panel, panel, severity, tally, worst
from apps.kernel.display_order import Placed

GLOBAL = "*"
ALL, HIGH_VALUE = "all", "high-value"
FOLD_FROM = 12
"""Cards with fewer checks than this show every cohort open."""


@dataclass(frozen=True, slots=True)
class Line:
    """One check: a cohort × evaluator. ``shown`` is False when the chosen filter leaves it out."""

    evaluator: str
    verdict: str | None
    n: str
    missing: str
    teacher: str
    student: str
    delta: str
    interval: str
    margin: str
    rows_to_decide: str
    forest: forest.Forest
    shown: bool
    beside: Beside


@dataclass(frozen=True, slots=True)
class Group:
    """A cohort with what is known of it as a whole. ``folded`` groups show their heading only.

    ``drawn``: the difference it is ordered by, "" in any other order.
    """

    title: str
    is_global: bool
    high_value: bool
    share: str
    n: str
    verdict: str | None
    tally: str
    cost_ratio: str
    cost_reason: str
    p50: str
    p99: str
    latency_reason: str
    folded: bool
    drawn: str
    lines: tuple[Line, ...]

    @property
    def shown(self) -> bool:
        return any(line.shown for line in self.lines)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter: its word in the address, its name, how many checks it keeps."""

    key: str
    label: str
    verdict: str | None
    count: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the scorecard page shows."""

    panel: Panel
    tiles: tuple[Tile, ...]
    chips: tuple[Chip, ...]
    show: str
    axis: forest.Axis
    groups: tuple[Group, ...]
    orders: tuple[tuple[str, str, bool], ...]
    costs: tuple[CostLine, ...]
    at_use: str
    answers: tuple[Answers, ...]
    texts: TextPanel | None
    level: str
    unpaired: str
    weights: str
    digest: str
    policy_digest: str

    @property
    def is_by_loss(self) -> bool:
        return any(key == BY_LOSS and is_on for key, _, is_on in self.orders)


def present(
    report: Document, *, show: str = ALL, order: str = BY_VERDICT, places: Mapping[str, Placed] | None = None
) -> Page:
    """Lay out a report document (kernel/report.py). ``show`` is a chip's key; an unknown one shows all.

    ``order`` is one of ORDERS, an unknown one the first; ``places`` are cohorts by their shrunken loss, for BY_LOSS.
    All traffic always comes first.
    """
    cells, cohorts = report["cells"], report["cohorts"]
    domain = forest.shared_domain((cell["delta_pp"], cell["interval_pp"], cell["margin_pp"]) for cell in cells)
    high_value = {cohort["cohort"] for cohort in cohorts if cohort["high_value"]}
    chips = _chips(cells, high_value, show)
    chosen = next((chip.key for chip in chips if chip.is_on), ALL)
    places = places or {}
    groups = [_group(cohort, report, domain, chosen, places.get(cohort["cohort"])) for cohort in cohorts]
    order = scorecard_order.known(order)
    return Page(
        panel=panel(report),
        tiles=tiles(report),
        chips=chips,
        show=chosen,
        axis=forest.axis(domain),
        groups=scorecard_order.in_order(groups, order, list(places)),
        orders=scorecard_order.links(order),
        costs=cost_lines(report),
        at_use=at_use(report),
        answers=answers(report),
        texts=text_panel(report),
        level=_level(cells),
        unpaired=_unpaired(report["unpaired"]),
        weights="traffic weights" if report.get("weights_source") == "declared" else "share of rows",
        digest=report["digest"],
        policy_digest=report.get("policy_digest") or "",
    )


def _group(
    cohort: Document, report: Document, domain: forest.Domain, show: str, placed: Placed | None = None
) -> tuple[Rank, Group]:
    """The group with its rank: all traffic first, then the worst verdict, then the worst bound."""
    name = cohort["cohort"]
    cells = sorted((cell for cell in report["cells"] if cell["cohort"] == name), key=_rank)
    verdicts = [cell["verdict"] for cell in cells]
    verdict = _standing([*verdicts, *(f["verdict"] for f in report["findings"] if f["cohort"] == name)])
    wanted = show == ALL or (show == HIGH_VALUE and bool(cohort["high_value"]))
    group = Group(
        title=ALL_TRAFFIC if name == GLOBAL else name,
        is_global=name == GLOBAL,
        high_value=bool(cohort["high_value"]),
        share="" if name == GLOBAL else figures.percent(cohort["weight"]),
        n=figures.count(cohort["n"]),
        verdict=verdict,
        tally=tally(verdicts, noun="check"),
        cost_ratio=figures.ratio(cohort["cost_ratio"]),
        cost_reason=reason(cohort["cost_ratio_reason"]),
        p50=_both(cohort["latency_p50_ms"]),
        p99=_both(cohort["latency_p99_ms"]),
        latency_reason=reason(cohort["latency_reason"]),
        folded=all(map(_is_quiet, cells)) and name != GLOBAL and show == ALL and len(report["cells"]) >= FOLD_FROM,
        drawn=scorecard_order.drawn(placed),
        lines=tuple(_line(cell, domain, wanted or cell["verdict"] == show) for cell in cells),
    )
    bound = min((rank[1] for rank in map(_rank, cells)), default=0.0)
    return (name != GLOBAL, severity(verdict), bound), group


def _is_quiet(cell: Document) -> bool:
    """Holds nothing back, and the loss seen is within its limit, shown or not."""
    within = cell["margin_pp"] is None or cell["delta_pp"] is None or cell["delta_pp"] >= -cell["margin_pp"]
    return cell["verdict"] in ("pass", "clear") and within


def _standing(verdicts: Sequence[str | None]) -> str | None:
    """The worst verdict of a cohort; where only guards are clear and a proof passed, it passed."""
    found = worst(verdicts)
    return "pass" if found == "clear" and "pass" in verdicts else found


def _line(cell: Document, domain: forest.Domain, shown: bool) -> Line:
    margin = cell["margin_pp"]
    missing = int(cell["missing"]["pairs"]) if cell["missing"] else 0
    return Line(
        evaluator=cell["evaluator"],
        verdict=cell["verdict"],
        n=figures.count(cell["n"]),
        missing=f"{missing:,} missing" if missing else "",
        teacher=figures.score(cell["teacher"]),
        student=figures.score(cell["student"]),
        delta=figures.signed(cell["delta_pp"]),
        interval=figures.interval(cell["interval_pp"]),
        margin=figures.UNKNOWN if margin is None else figures.signed(-margin),
        rows_to_decide="" if cell["rows_to_decide"] is None else f"≈ {cell['rows_to_decide']:,}",
        forest=forest.plot(
            cell["delta_pp"],
            cell["interval_pp"],
            margin,
            domain=domain,
            verdict=cell["verdict"],
            label=_label(cell),
        ),
        shown=shown,
        beside=beside(cell),
    )


def _label(cell: Document) -> str:
    """The whole row as one sentence, for those who do not see the plot."""
    where = f"{ALL_TRAFFIC if cell['cohort'] == GLOBAL else cell['cohort']}, {cell['evaluator']}"
    if cell["delta_pp"] is None:
        return f"{where}: no complete row."
    said_so = f"{where}: {figures.signed(cell['delta_pp'])} pp"
    if cell["interval_pp"] is not None:
        low, high = cell["interval_pp"]
        said_so += f", {_share(cell['level'])} interval {figures.signed(low)} to {figures.signed(high)}"
    if cell["margin_pp"] is not None:
        said_so += f", limit {figures.signed(-cell['margin_pp'])}"
    return f"{said_so}: {cell['verdict']}." if cell["verdict"] else f"{said_so}."


def _chips(cells: Sequence[Document], high_value: set[str], show: str) -> tuple[Chip, ...]:
    verdicts = [cell["verdict"] for cell in cells]
    valued = sum(cell["cohort"] in high_value for cell in cells)
    offered: list[tuple[str, str, str | None, int]] = [(ALL, "All", None, len(cells))]
    offered += [(word, word.capitalize(), word, verdicts.count(word)) for word in WORST_FIRST if word in verdicts]
    offered += [(HIGH_VALUE, "High value", None, valued)] if valued else []
    keys = {key for key, *_ in offered}
    chosen = show if show in keys else ALL
    return tuple(Chip(key, label, verdict, count, key == chosen) for key, label, verdict, count in offered)


def _rank(cell: Document) -> tuple[int, float, str]:
    interval = cell["interval_pp"]
    return severity(cell["verdict"]), float("inf") if interval is None else interval[0], cell["evaluator"]


def _level(cells: Sequence[Document]) -> str:
    """The level of the intervals, "90 %"; both when rules of one policy differ."""
    return " and ".join(_share(level) for level in sorted({cell["level"] for cell in cells if cell["level"]}))


def _share(level: float) -> str:
    return f"{level * 100:g} %"


def _both(sides: Document) -> str:
    if sides["teacher"] is None or sides["student"] is None:
        return ""
    return f"{figures.milliseconds(sides['teacher'])} → {figures.milliseconds(sides['student'])}"


def _unpaired(unpaired: Document) -> str:
    """What could not be compared, "" when every row could."""
    names = {"teacher_only": "teacher only", "student_only": "student only", "neither": "neither"}
    told = [f"{unpaired[key]:,} answered by {name}" for key, name in names.items() if unpaired[key]]
    return ", ".join(told)
