"""Every dialect by its name."""

from __future__ import annotations

from apps.inference.providers.anthropic_messages import AnthropicMessages
from apps.inference.providers.dialect import Dialect
from apps.inference.providers.llama_cpp import LlamaCpp
from apps.inference.providers.ollama import Ollama
from apps.inference.providers.openai_chat import OpenAIChat
from apps.inference.providers.openai_completions import OpenAICompletions
from apps.inference.providers.openai_responses import OpenAIResponses
from apps.inference.providers.vllm import Vllm

DEFAULT = OpenAIChat.name
DIALECTS: dict[str, Dialect] = {
    one.name: one
    for one in (OpenAIChat(), OpenAICompletions(), OpenAIResponses(), AnthropicMessages(), Vllm(), LlamaCpp(), Ollama())
}
# Names that were given earlier and keep their meaning.
OLDER = {"openai_compatible": OpenAIChat.name}
NAMES = (*DIALECTS, *OLDER)


def get(name: str) -> Dialect:
    """Raises KeyError for a name that is no dialect."""
    return DIALECTS[OLDER.get(name, name)]


def can_score(name: str) -> bool:
    """Can an endpoint of this dialect tell how likely it finds a given text?"""
    return get(name).prompt_scoring != "unsupported"


def missing(name: str, parameters: object) -> tuple[str, ...]:
    """The parameters that a dialect cannot do without and that are not set."""
    return tuple(one for one in get(name).required if not isinstance(parameters, dict) or one not in parameters)
