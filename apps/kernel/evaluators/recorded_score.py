"""Recorded score: a human label or benchmark verdict that came with an output."""

from __future__ import annotations

from collections.abc import Mapping

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid, as_share, is_path, lookup, refuse_unknown


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
        # True and false are a benchmark's 1 and 0.
        share = as_share(found)
        return Outcome(None, share) if isinstance(share, str) else Outcome(share)
