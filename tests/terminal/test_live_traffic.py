"""What a terminal keeps and says of live traffic."""

from __future__ import annotations

from pathlib import Path

from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.terminal import live_traffic
from tests.conftest import Person
from tests.factories import runs
from tests.traffic.test_actions import live_rows, window


def test_a_comparison_that_was_kept_is_told_again_after_its_sketches_are_gone(
    project: Project, ada: Person, tmp_path: Path
) -> None:
    file = tmp_path / "week.csv"
    file.write_text("cohort,input\n" + "".join(f"{row['cohort']},{row['input']}\n" for row in live_rows(60, 60)))
    days = {"since": str(window().since_date), "until": str(window().until_date)}
    with acting(ada.who):
        runs.pinned(project, runs.golden_rows(120))
        sample, first = live_traffic.kept(project, file, **days, dataset="golden")
        live_traffic.actions.forget_sketches(sample)
        _, again = live_traffic.kept(project, file, **days, dataset="golden")
        assert first == again
        assert first is not None
        assert first.content_p is not None
        told = list(live_traffic.lines(sample, first))
        assert told[0].endswith("counted; no text was kept")
        assert len(told) == 6
        assert list(live_traffic.lines(sample, None)) == told[:3]
        assert live_traffic.document(sample, first, dataset="golden")["figures"] == first.document()
