"""An error for a terminal: the sentence, each place in the input, what to do. With --json, the same as a document."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from apps.kernel.errors import DistillHubError


def tell(command: BaseCommand, error: DistillHubError, *, as_json: bool) -> None:
    """People read standard error; a script that asked for JSON finds the document on standard output."""
    command.stderr.write(f"{error.code}: {error.detail}")
    for problem in error.errors:
        place = ", ".join(f"{name} {value}" for name, value in problem.where.items())
        command.stderr.write(f"  {place}: {problem.detail}" if place else f"  {problem.detail}")
    if error.fix:
        command.stderr.write(f"→ {error.fix}")
    if as_json:
        command.stdout.write(json.dumps({"error": document(error)}, ensure_ascii=False))


def document(error: DistillHubError) -> dict[str, Any]:
    return {
        "code": error.code,
        "title": error.title,
        "detail": error.detail,
        "where": error.where,
        "fix": error.fix,
        "errors": [problem.as_json() for problem in error.errors],
    }
