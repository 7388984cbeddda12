"""Recorded score: a human label or benchmark verdict that came with an output."""

from __future__ import annotations

import math
from collections.abc import Mapping

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid, is_path, lookup, refuse_unknown


class RecordedScore:
    """The number under a dotted path of the recorded fields. Absent or unusable is missing, never 0."""

    kind = "recorded_score"
    version = "1"

    def needs(self, settings: Mapping[str, object]) -> tuple[str, ...]:
        return ()

    def validate(self, settings: Mapping[str, object]) -> None:
        refuse_unknown(settings, frozenset({"path"}))
        if not is_path(settings.get("path")):
            raise SettingsInvalid("path names a recorded score, such as 'human.groundedness'.", where={"field": "path"})

    def score(self, case: Case, settings: Mapping[str, object]) -> Outcome:
        found = lookup(case.recorded, str(settings["path"]))
        if found is None:
            return Outcome(None, "not_recorded")
        if not isinstance(found, bool | int | float):
            return Outcome(None, "not_a_number", str(found)[:80])
        if not 0 <= found <= 1:
            finite = isinstance(found, int) or math.isfinite(found)
            return Outcome(None, "out_of_range" if finite else "not_finite")
        return Outcome(float(found))
