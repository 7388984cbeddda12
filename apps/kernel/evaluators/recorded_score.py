"""Recorded score: a human label or benchmark verdict that came with an output."""

from __future__ import annotations

import math
from collections.abc import Mapping

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid, lookup, refuse_unknown

SLACK = 1e-6


class RecordedScore:
    """The number under a dotted path of the recorded fields. Absent or unusable is missing, never 0."""

    kind = "recorded_score"
    version = "1"

    def needs(self, settings: Mapping[str, object]) -> tuple[str, ...]:
        return ()

    def validate(self, settings: Mapping[str, object]) -> None:
        refuse_unknown(settings, frozenset({"path"}))
        path = settings.get("path")
        if not isinstance(path, str) or not all(path.split(".")):
            raise SettingsInvalid("path names a recorded score, such as 'human.groundedness'.", where={"field": "path"})

    def score(self, case: Case, settings: Mapping[str, object]) -> Outcome:
        found = lookup(case.recorded, str(settings["path"]))
        if found is None:
            return Outcome(None, "not_recorded")
        if not isinstance(found, bool | int | float):
            return Outcome(None, "not_a_number", str(found)[:80])
        value = float(found)
        if not math.isfinite(value):
            return Outcome(None, "not_finite")
        if not -SLACK <= value <= 1 + SLACK:
            return Outcome(None, "out_of_range", str(value)[:80])
        return Outcome(min(1.0, max(0.0, value)))
