"""``manage.py demo``: run the main job on the demo's golden set, with a Celery worker, and show the scorecard."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.demo import local_models, story
from apps.evals import progress as progresses
from apps.gates import queries as gates
from apps.kernel.errors import DistillHubError
from apps.scorecards import queries as scorecards
from apps.tenancy.acting import acting
from apps.terminal import errors, progress, table

LIMIT_S = 600.0
POLL_S = 0.5


class Command(BaseCommand):
    help = "Run the main job on the demo's golden set and print the scorecard."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        parser.add_argument("--recorded", action="store_true", help="use recorded outputs even if the models are there")
        parser.add_argument("--url", default="", help="where the pages are, to print it")

    def handle(self, *args: Any, **options: Any) -> None:
        self.say = self.stderr if options["json"] else self.stdout
        home = Path(settings.DISTILLHUB_HOME)
        try:
            login = story.people(home)
            servers = self._servers(home, recorded=options["recorded"])
            with acting(story.founder()):
                run = story.start(servers)
            report, number = self._wait(run)
        except DistillHubError as error:
            errors.tell(self, error, as_json=options["json"])
            raise SystemExit(2) from None
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
            return
        for line in table.lines(report):
            self.stdout.write(line)
        base = (options["url"] or settings.PUBLIC_URL).rstrip("/")
        page = f"{base}/o/{story.ORGANIZATION}/p/{story.PROJECT}/scorecards/{number}/"
        self.stdout.write(f"\nLook at it:  {page}\nSign in as:  {login.email}   password: {login.password}")
        self.stdout.write("Ben (ben@demo.test) approves and Iris (iris@demo.test) audits, with the same password.")

    def _servers(self, home: Path, *, recorded: bool) -> dict[str, local_models.RunningServer] | None:
        if recorded or not local_models.installed():
            why = "as asked" if recorded else "the local models are not installed (make models)"
            self.say.write(f"Evaluating recorded outputs of an earlier live run: {why}.")
            return None
        self.say.write("Starting the two local models …")
        return local_models.start(home)

    def _wait(self, run: Any) -> tuple[dict[str, Any], int]:
        """Follow the run in its rows until the worker has sealed its scorecard and asked the gate."""
        shown = progress.Line(self.say._out if hasattr(self.say, "_out") else sys.stderr)
        until = time.monotonic() + LIMIT_S
        while time.monotonic() < until:
            with acting(story.founder()):
                run.refresh_from_db()
                shown.show(str(run), progresses.progress(run))
                card = scorecards.of_run(run)
                decision = gates.latest(card) if card else None
                if card is not None and decision is not None:
                    shown.end()
                    return gates.report_of(card, decision), card.number
            time.sleep(POLL_S)
        log = os.path.join(settings.DISTILLHUB_HOME, "log", "worker.log")
        raise CommandError(f"{run} did not end within {LIMIT_S:.0f} s; is the worker up? Its log is {log}.")
