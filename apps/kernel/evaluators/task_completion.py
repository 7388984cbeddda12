"""TaskCompletion: did the output do what was asked?"""

from __future__ import annotations

from apps.kernel.evaluators.judge import Judge


class TaskCompletion(Judge):
    kind = "task_completion"
    question = (
        "You check whether an answer completes its task. Score 1 when everything that the input asks for is done, "
        "0 when nothing is, and in between by the share of the required steps that are done. Where a reference is "
        "given, it shows what a complete answer must reach; another way to the same end counts as well."
    )
    shows = ("messages", "input", "context", "reference")
    required = ()
