"""The global difference under other traffic, typed or counted: split into mix and rate, kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from apps.console import figures
from apps.console.forms import pairs
from apps.kernel import mix
from apps.kernel.errors import InvalidInput

FIELD = "live"


def split(report: Mapping[str, Any], text: str, *, known: SimpleNamespace | None = None) -> SimpleNamespace:
    """The context of ``console/scorecards/_mix.html``. ``text`` is what stands in ``?live=``: "plain=0.7, gold=0.3".

    ``known``: the shares of the newest live traffic and its ``days``, taken where nothing was typed.
    """
    known = None if text.strip() else known
    names = [row["cohort"] for row in report["cohorts"] if row["cohort"] != mix.GLOBAL]
    weights = {row["cohort"]: row["weight"] for row in report["cohorts"]}
    example = ", ".join(f"{name}={weights[name]:.3g}" for name in names)
    try:
        shares = _weights(text) if text.strip() else known.shares if known else None
        found = mix.decompose(report, live=shares)
    except InvalidInput as error:
        return SimpleNamespace(text=text, example=example, is_live=False, days="", rows=[], error=error)
    return SimpleNamespace(
        text=text,
        example=example,
        is_live=shares is not None,
        days=known.days if known else "",
        rows=[_row(one) for one in found],
        error=None,
    )


def _weights(text: str) -> dict[str, float]:
    weights = {}
    for name, value in pairs(text, field=FIELD).items():
        try:
            weights[name] = float(value)
        except ValueError:
            raise InvalidInput(
                f"The share of '{name[:80]}' is no number; write 0.25 for a quarter.",
                code="value_invalid",
                where={"field": FIELD},
            ) from None
    return weights


def _row(one: mix.Mix) -> SimpleNamespace:
    points = {
        name: figures.signed(100 * value)
        for name, value in (
            ("golden", one.check.golden_delta),
            ("live", one.check.live_delta),
            ("mix", one.check.split.mix),
            ("rate", one.check.split.rate),
        )
    }
    left_out = figures.percent(one.left_out, digits=1) if one.left_out > 0 else ""
    return SimpleNamespace(evaluator=one.evaluator, left_out=left_out, sentences=one.sentences, **points)
