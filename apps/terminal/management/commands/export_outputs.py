"""``manage.py export_outputs``: a run's answers of one side, in the format that recorded outputs are imported from."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.evals import queries as evals
from apps.kernel.errors import DistillHubError
from apps.projects import queries as projects
from apps.tenancy.acting import acting
from apps.tenancy.queries import as_operator, organization
from apps.terminal import errors


class Command(BaseCommand):
    help = "Print one side's answers of a run as JSON lines: id, model, output, tokens, latency; of repeats the first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", default="local")
        parser.add_argument("--project", required=True)
        parser.add_argument("--run", required=True, help="number of the run")
        parser.add_argument("--role", required=True, choices=("teacher", "student"))

    def handle(self, *args: Any, **options: Any) -> None:
        found = organization(options["organization"])
        if found is None:
            raise CommandError(f"There is no organization '{options['organization']}'.")
        try:
            with acting(as_operator(found.id, "export_outputs")):
                run = evals.run(projects.project(options["project"]), options["run"])
                model = str(getattr(run, options["role"]).model)
                for answer in evals.answers(run).filter(role=options["role"], repeat=0):
                    row = {
                        "id": answer.example.key,
                        "model": model,
                        "output": answer.output,
                        "input_tokens": answer.input_tokens,
                        "output_tokens": answer.output_tokens,
                        "latency_ms": None if answer.latency_ms is None else round(answer.latency_ms, 1),
                    }
                    self.stdout.write(json.dumps(row, ensure_ascii=False))
        except DistillHubError as error:
            errors.tell(self, error, as_json=False)
            raise SystemExit(2) from None
