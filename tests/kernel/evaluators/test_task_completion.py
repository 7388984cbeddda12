"""Task completion asks whether the output does what was asked."""

from __future__ import annotations

import re

from apps.kernel.evaluators.contract import Case
from apps.kernel.evaluators.task_completion import TaskCompletion

ROW: dict[str, object] = {
    "messages": [{"role": "user", "content": "q"}],
    "input": "the input",
    "context": "the context",
    "reference": "the reference",
    "extra": "never shown",
}
TAG = "00ff00ff00ff00ff"


def shown(example: dict[str, object]) -> tuple[str, ...]:
    """The names under which the judge sees material, in order."""
    message = TaskCompletion().ask(Case(example, "the output", {}), {}, tag=TAG)[1].content
    return tuple(re.findall(rf"^<(\w+) {TAG}>$", message, flags=re.MULTILINE))


def test_it_asks_for_the_share_that_is_right() -> None:
    system = TaskCompletion().ask(Case(ROW, "the output", {}), {}, tag=TAG)[0].content
    assert "required steps" in " ".join(system.split())
    assert "Score" in system


def test_it_shows_its_columns_and_no_other() -> None:
    assert shown(ROW) == ("messages", "input", "context", "reference", "output")
    assert shown({}) == ("output",)


def test_it_needs_its_material() -> None:
    assert TaskCompletion().needs({}) == ()
