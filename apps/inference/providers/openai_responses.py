"""The dialect of OpenAI's responses: items in, items out, and a status instead of a finish reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.inference import errors
from apps.inference.providers.dialect import Broken, Dialect, Gathering, fault_told
from apps.inference.providers.logprobs import from_items
from apps.inference.providers.openai_chat import spelled
from apps.inference.providers.said import Said, completion_of, counts_of
from apps.kernel.chat import ChatRequest, Completion

BEGINNINGS = frozenset(
    {"response.output_text.delta", "response.refusal.delta", "response.function_call_arguments.delta"}
)
ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
# Why an answer is incomplete, in the words of chat completions.
CUTS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class OpenAIResponses(Dialect):
    name = "openai_responses"
    words = "OpenAI responses"
    path = "/responses"
    limits = ("max_output_tokens",)

    def asked(self, request: ChatRequest) -> dict[str, object]:
        return {"model": request.model, "input": list(map(spelled, request.messages))}

    def read(self, answer: Mapping[str, Any], request: ChatRequest, *, is_utf8: bool) -> Completion | str:
        if answer.get("status") == "failed":
            return fault_told(answer.get("error"))
        items = answer.get("output")
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            return errors.SHAPE
        calls = [item for item in items if item.get("type") == "function_call"]
        parts = _parts(items)
        if not parts and not calls and answer.get("status") != "incomplete":
            return errors.SHAPE
        texts = [part for part in parts if part.get("type") == "output_text"]
        refusals = [str(part.get("refusal")) for part in parts if part.get("type") == "refusal"]
        said = Said(
            text="".join(str(part.get("text")) for part in texts) or "".join(refusals),
            finish=_finish(answer, has_calls=bool(calls)),
            counts=counts_of(answer.get("usage"), "input_tokens", "output_tokens"),
            model=answer.get("model"),
            positions=lambda: from_items(_log(texts), top=request.parameters.get("top_logprobs")),
            tool_calls=calls,
            is_refusal=bool(refusals),
        )
        return completion_of(said, request, is_utf8=is_utf8)

    def gathering(self) -> Gathering:
        return ResponseGathering()


class ResponseGathering(Gathering):
    """Its last event carries the answer whole; of the others only the first piece of the answer is looked at."""

    def __init__(self) -> None:
        self._whole: Mapping[str, Any] | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        kind = event.get("type")
        if kind == "error" or event.get("error"):
            raise Broken(fault_told(event.get("error") or event))
        if not isinstance(kind, str):
            raise Broken(errors.SHAPE)
        if kind in BEGINNINGS:
            self.has_begun = True
        if kind in ENDS:
            response = event.get("response")
            if not isinstance(response, Mapping):
                raise Broken(errors.SHAPE)
            self._whole, self.is_done = response, True

    def whole(self) -> Mapping[str, Any] | None:
        return self._whole


def _parts(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the messages among the items are made of; thoughts are no part of the answer."""
    contents = [item.get("content") for item in items if item.get("type") == "message"]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    return [part for part in parts if isinstance(part, Mapping)]


def _finish(answer: Mapping[str, Any], *, has_calls: bool) -> object:
    status = answer.get("status")
    if status == "incomplete":
        details = answer.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, Mapping) else None
        return CUTS.get(str(reason), reason or status)
    if status in ("completed", None):
        return "tool_calls" if has_calls else "stop"
    return status


def _log(texts: Sequence[Mapping[str, Any]]) -> object:
    """The log-probabilities of all pieces of text; None where no piece has any (an empty list says: not asked for)."""
    lists = [part.get("logprobs") for part in texts]
    if not any(lists):
        return None
    return [item for one in lists for item in (one if isinstance(one, list) else [one])]
