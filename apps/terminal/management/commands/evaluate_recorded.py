"""``manage.py evaluate_recorded``: scorecard and verdict over outputs you already have."""

from __future__ import annotations

import getpass
import json
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.kernel.errors import DistillHubError
from apps.members.founding import found_from_shell
from apps.tenancy.queries import as_operator
from apps.terminal import errors, exits, recorded, table

EXAMPLES = """\
examples:
  manage.py evaluate_recorded --golden golden.jsonl --teacher big.jsonl --student small.jsonl --score human.groundedness
  manage.py evaluate_recorded --golden g.jsonl.gz --teacher t.jsonl.gz --student s.jsonl.gz --match parsed --json

exit codes: 0 pass, 1 fail, 2 usage or bad input, 3 inconclusive, 4 invalid
"""


class Command(BaseCommand):
    help = "Compare recorded outputs of a teacher and a student over golden rows, and ask a gate."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--golden", type=Path, required=True, help="golden rows: .jsonl, .jsonl.gz or .csv")
        parser.add_argument("--teacher", type=Path, required=True, help="recorded outputs of the teacher")
        parser.add_argument("--student", type=Path, required=True, help="recorded outputs of the student")
        parser.add_argument("--score", action="append", default=[], metavar="PATH", help="a recorded score to use")
        parser.add_argument(
            "--match",
            action="append",
            default=[],
            metavar="PATH",
            help="a recorded field that must equal the reference",
        )
        parser.add_argument("--policy", default="release", metavar="NAME|FILE", help="template, saved policy or file")
        parser.add_argument("--prices", type=Path, metavar="FILE", help="prices by model, JSON")
        parser.add_argument("--project", default="recorded", help="project to keep everything in")
        parser.add_argument("--organization", default="local", help="organization to keep everything in")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        request = recorded.Request(
            golden=options["golden"],
            teacher=options["teacher"],
            student=options["student"],
            scores=options["score"],
            matches=options["match"],
            policy=options["policy"],
            prices=options["prices"],
            project=options["project"],
        )
        try:
            operator = getpass.getuser()
            organization = found_from_shell(slug=options["organization"], operator=operator)
            done = recorded.evaluate(as_operator(organization.id, operator), request)
        except DistillHubError as error:
            errors.tell(self, error, as_json=options["json"])
            raise SystemExit(exits.USAGE) from None
        if options["json"]:
            self.stdout.write(json.dumps(done.report, ensure_ascii=False, indent=1))
        else:
            for line in table.lines(done.report):
                self.stdout.write(line)
            self.stdout.write(f"kept as {done.scorecard} of project {options['project']}")
        raise SystemExit(exits.of_verdict(done.report["verdict"]))
