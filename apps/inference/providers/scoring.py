"""What the dialects share that can score a text: a request for it, and a completion of what was told of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from apps.inference import errors
from apps.inference.providers.said import counted, name_of
from apps.kernel import likelihood
from apps.kernel.chat import ChatRequest, Completion, Positions, Usage, estimated_usage

# Parameters that shape the prompt an answer follows. All others say how to choose or to end an answer.
SHAPING = ("chat_template", "chat_template_kwargs", "tools", "documents", "add_special_tokens", "reasoning_effort")
Place = tuple[int, int]
Told = list[list[object]]


def asking(request: ChatRequest, text: str, own: Mapping[str, object]) -> ChatRequest:
    """The request for a given text, with what the dialect asks for it."""
    shaping = {name: value for name, value in request.parameters.items() if name in SHAPING}
    return replace(request, parameters={**shaping, **own}, given=text)


def told(
    answer: Mapping[str, object], request: ChatRequest, tokens: Told | None, place: Place | None, usage: Usage | None
) -> Completion:
    """The completion of a given text. Without usable tokens it says why by a flag, and is billed all the same."""
    given = request.given or ""
    positions: Positions | None = None
    found = likelihood.Likelihood(reason=errors.PROMPT_NOT_SCORED)
    if tokens is not None:
        found = likelihood.likelihood(tokens, place)
    if tokens is not None and place is not None and found.reason is None:
        positions = [[token, value, []] for token, value, *_ in tokens[place[0] : place[1]]]
    return Completion(
        text=given,
        finish_reason=None,
        usage=usage or estimated_usage(request.messages, given),
        model=name_of(answer.get("model")),
        fingerprint=name_of(answer.get("system_fingerprint")),
        logprobs=positions,
        flags=() if found.reason is None else (found.reason,),
    )


def usage_of(answer: Mapping[str, object]) -> Usage | None:
    """What OpenAI's usage object counts, None where it counts nothing that can be true."""
    usage = answer.get("usage")
    return counted(usage.get("prompt_tokens"), usage.get("completion_tokens")) if isinstance(usage, Mapping) else None
