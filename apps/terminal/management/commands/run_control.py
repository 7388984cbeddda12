"""``manage.py run_control``: pause, resume, cancel a run, or ask again where it failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandParser

from apps.evals import actions, queries
from apps.kernel.errors import DistillHubError
from apps.projects import queries as projects
from apps.tenancy.acting import acting
from apps.terminal import errors, exits, following, options

if TYPE_CHECKING:
    from apps.evals.models import EvalRun

ACTS = ("pause", "resume", "cancel", "retry")


class Command(BaseCommand):
    help = "Pause, resume or cancel a run, or ask again where a fault left no answer or no verdict."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=ACTS)
        options.add_place(parser)
        parser.add_argument("--run", required=True, help="number or id of the run")
        parser.add_argument("--reason", default="", help="why, for the trail")
        parser.add_argument("--budget", type=options.dollars, metavar="USD", help="resume under this budget")
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            with acting(options.operator(given["organization"])):
                run = queries.run(projects.project(given["project"]), given["run"])
                done = _done(run, given)
        except DistillHubError as error:
            errors.tell(self, error, as_json=given["json"])
            raise SystemExit(exits.of_error(error)) from None
        where = following.address(given["organization"], given["project"], done)
        if given["json"]:
            document = {"run": done.number, "status": done.status, "url": where}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stdout.write(f"{done} is {done.status.lower()}: {where}")


def _done(run: EvalRun, given: dict[str, Any]) -> EvalRun:
    """The run as it stands now; of a retried one that was complete, the run that asks again."""
    act, because = given["act"], given["reason"]
    if act == "pause":
        return actions.pause_run(run, because=because)
    if act == "resume":
        return actions.resume_run(run, because=because, budget_usd=given["budget"])
    if act == "cancel":
        return actions.cancel_run(run, because=because)
    return actions.retry_failed(run, because=because)
