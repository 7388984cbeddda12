"""``manage.py run_eval``: start a run, follow it, and end with its verdict as the exit code."""

from __future__ import annotations

import json
import time
from argparse import RawDescriptionHelpFormatter
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError

from apps.evals import actions
from apps.kernel.errors import DistillHubError, Unavailable
from apps.projects import queries as projects
from apps.tenancy.acting import Acting, acting
from apps.terminal import errors, exits, following, live, options, progress, table

if TYPE_CHECKING:
    from apps.evals.models import EvalRun

SECOND_THOUGHT_SECONDS = 5.0

EXAMPLES = """\
examples:
  manage.py run_eval --project bot --dataset golden@4 --teacher big --student small@3 --suite support --gate release
  manage.py run_eval … --estimate
  manage.py run_eval … --detach --json

The run goes on by itself in the workers: Ctrl-C only stops looking, a second one cancels it.

exit codes: 0 pass (or detached, or no gate), 1 fail, 2 usage or bad input, 3 inconclusive, 4 invalid,
  5 no answer (service away, budget spent, cancelled, out of time), 130 interrupted
"""


class Command(BaseCommand):
    help = "Start a run of a student against a teacher, follow it, and end with its verdict as the exit code."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        options.add_place(parser)
        options.add_run(parser)
        parser.add_argument("--estimate", action="store_true", help="say what it would do and cost, and start nothing")
        parser.add_argument("--detach", action="store_true", help="start, print the run's address, and leave")
        parser.add_argument("--timeout", type=float, default=3600.0, metavar="SECONDS", help="stop looking after this")
        parser.add_argument(
            "--on-inconclusive",
            choices=exits.ON_INCONCLUSIVE,
            default="fail",
            help="warn and pass let an inconclusive verdict end with 0",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **given: Any) -> None:
        self.given = given
        try:
            raise SystemExit(self._done())
        except DistillHubError as error:
            errors.tell(self, error, as_json=given["json"])
            raise SystemExit(exits.of_error(error)) from None
        except (OperationalError, InterfaceError):
            away = Unavailable("The database cannot answer; a run that has started goes on.", code="database_away")
            errors.tell(self, away, as_json=given["json"])
            raise SystemExit(exits.NO_ANSWER) from None

    def _done(self) -> int:
        who, request = options.operator(self.given["organization"]), options.request(self.given)
        with acting(who):
            project = projects.project(self.given["project"])
            if self.given["estimate"]:
                return self._estimated(live.estimated(project, request))
            run = live.start(project, request)
        where = following.address(self.given["organization"], self.given["project"], run)
        self.stderr.write(f"{run} has started: {where}")
        if self.given["detach"]:
            return self._print({"run": run.number, "status": run.status, "url": where}, [where], exits.DONE)
        return self._followed(who, run, where)

    def _estimated(self, found: Any) -> int:
        return self._print({"estimate": live.estimate_document(found)}, live.estimate_lines(found), exits.DONE)

    def _followed(self, who: Acting, run: EvalRun, where: str) -> int:
        shown = progress.Line(self.stderr._out)
        try:
            try:
                ended = following.follow(
                    who, run, show=shown.show, say=self.stderr.write, timeout_s=self.given["timeout"]
                )
            except KeyboardInterrupt:
                shown.end()
                self._wait_for_a_second_thought(run, where)
                return exits.INTERRUPTED
        except KeyboardInterrupt:
            self._cancel(who, run)
            return exits.INTERRUPTED
        shown.end()
        return self._told(run, ended, where)

    def _told(self, run: EvalRun, ended: following.Ended, where: str) -> int:
        document = {"run": run.number, "status": ended.progress.status, "url": where, "reason": ended.reason}
        if ended.report is None:
            self.stderr.write(f"{run}: {following.WORDS[ended.reason]} {where}")
            return self._print({**document, "report": None}, [], exits.NO_ANSWER)
        verdict = ended.report["verdict"]
        code = exits.of_verdict(verdict, on_inconclusive=self.given["on_inconclusive"])
        self._print({**document, "scorecard": ended.scorecard, "report": ended.report}, table.lines(ended.report), code)
        self.stderr.write(f"scorecard #{ended.scorecard}: {(verdict or 'no gate was asked').upper()} {where}")
        return code

    def _wait_for_a_second_thought(self, run: EvalRun, where: str) -> None:
        """The first interrupt only stops looking. A second one, however soon, rises from here."""
        self.stderr.write(f"{run} goes on: {where}\nCtrl-C again within {SECOND_THOUGHT_SECONDS:.0f} s cancels it.")
        time.sleep(SECOND_THOUGHT_SECONDS)

    def _cancel(self, who: Acting, run: EvalRun) -> None:
        with acting(who):
            run.refresh_from_db()
            actions.cancel_run(run, because="interrupted at the terminal")
        self.stderr.write(f"{run} is cancelled; what was answered is kept.")

    def _print(self, document: dict[str, Any], lines: Any, code: int) -> int:
        if self.given["json"]:
            self.stdout.write(json.dumps(document, ensure_ascii=False, indent=1))
        else:
            for line in lines:
                self.stdout.write(line)
        return code
