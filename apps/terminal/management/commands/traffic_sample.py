"""``manage.py traffic_sample``: count rows of live traffic, keep no text, and hold them against golden rows."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.kernel.errors import DistillHubError
from apps.projects import queries as projects
from apps.tenancy.acting import acting
from apps.terminal import errors, exits, live_traffic, options

EXAMPLES = """\
examples:
  manage.py traffic_sample week.jsonl.gz --project bot --from 2026-11-09 --to 2026-11-15 --dataset golden@4

Rows need a cohort, and input, prompt or messages; an id where there is one. Draw them at random from all traffic.

exit codes: 0 done, whatever was found; 2 usage or bad input; 5 no answer
"""


class Command(BaseCommand):
    help = "Keep a sample of live traffic by its counts and sketches, and compare it with golden rows."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="live rows: .jsonl or .csv, plain or as .gz")
        options.add_place(parser)
        parser.add_argument("--from", required=True, dest="since", metavar="DAY", help="first day, as 2026-11-09 (UTC)")
        parser.add_argument("--to", required=True, dest="until", metavar="DAY", help="last day")
        parser.add_argument("--dataset", default="", help=f"pinned golden rows to compare with: {options.REFERENCE}")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            with acting(options.operator(given["organization"])):
                project = projects.project(given["project"])
                sample, compared = live_traffic.kept(
                    project, given["file"], since=given["since"], until=given["until"], dataset=given["dataset"]
                )
        except DistillHubError as error:
            errors.tell(self, error, as_json=given["json"])
            raise SystemExit(exits.of_error(error)) from None
        if given["json"]:
            document = live_traffic.document(sample, compared, dataset=given["dataset"])
            self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))
        else:
            for line in live_traffic.lines(sample, compared):
                self.stdout.write(line)
