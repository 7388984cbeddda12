"""How a figure reads on a page: signs, decimals, units. One place, so that two pages never disagree."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

UNKNOWN = "–"
CENT = Decimal("0.01")
MINUS = "\N{MINUS SIGN}"


def score(value: float | None) -> str:
    """A score of the 0–1 scale with three decimals: "0.857"."""
    return UNKNOWN if value is None else f"{value:.3f}"


def signed(value: float | None) -> str:
    """Percentage points with one decimal, a real minus sign and always a sign: "−9.0", "+0.4"; zero is "0.0"."""
    if value is None:
        return UNKNOWN
    shown = round(value, 1) + 0.0
    return f"{shown:+.1f}".replace("-", MINUS) if shown else "0.0"


def interval(ends: Sequence[float] | None) -> str:
    """Two ends in percentage points: "[−10.2, −7.8]"."""
    return UNKNOWN if ends is None else f"[{signed(ends[0])}, {signed(ends[1])}]"


def ratio(value: float | None) -> str:
    """A ratio with three decimals: "0.074"."""
    return UNKNOWN if value is None else f"{value:.3f}"


def ratio_interval(ends: Sequence[float] | None) -> str:
    """The two ends of a ratio's interval: "[0.071, 0.077]"."""
    return UNKNOWN if ends is None else f"[{ends[0]:.3f}, {ends[1]:.3f}]"


def milliseconds(value: float | None) -> str:
    """Milliseconds with thousands separators, one decimal under ten: "2,180", "9.4"."""
    if value is None:
        return UNKNOWN
    return f"{value:.1f}" if abs(value) < 10 else f"{value:,.0f}"


def milliseconds_interval(ends: Sequence[float | None] | None) -> str:
    """The two ends in milliseconds, a dash for one that nothing bounds: "[1,790, 1,910]", "[1,790, –]"."""
    return UNKNOWN if ends is None else f"[{milliseconds(ends[0])}, {milliseconds(ends[1])}]"


def percent_interval(ends: Sequence[float] | None) -> str:
    """The two ends of a share in percent: "[97.6, 99.0]"."""
    return UNKNOWN if ends is None else f"[{100 * ends[0]:.1f}, {100 * ends[1]:.1f}]"


def count(value: int | None) -> str:
    """A whole number with thousands separators: "1,860"."""
    return UNKNOWN if value is None else f"{value:,}"


def percent(fraction: float | None, *, digits: int = 0) -> str:
    """A fraction as a percentage: 0.14 is "14 %"."""
    return UNKNOWN if fraction is None else f"{fraction * 100:.{digits}f} %"


def plural(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 row", "12 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def usd(value: Decimal | None) -> str:
    """US dollars: two decimals, four under a cent: "$0.61", "$0.0012"; nothing at all is "$0.00"."""
    if value is None:
        return UNKNOWN
    if 0 < value < CENT:
        return "under $0.0001" if value < CENT / 100 else f"${value:.4f}"
    return f"${value:,.2f}"


def duration(seconds: float | None) -> str:
    """A stretch of time in the two units that matter: "40 s", "3 min 10 s", "2 h 5 min", "12 d"."""
    if seconds is None:
        return UNKNOWN
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d"


def age(seconds: float) -> str:
    """How long ago, in one unit: "40 s", "27 min", "5 h", "12 d"."""
    whole = max(0, round(seconds))
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if whole >= length:
            return f"{whole // length} {unit}"
    return f"{whole} s"


def about_usd(usd: float) -> str:
    """A planned sum, never finer than a cent: "≈ $12.40", "under $0.01"."""
    return "under $0.01" if usd < 0.01 else f"≈ ${usd:,.2f}"
