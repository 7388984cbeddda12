"""One small model behind the OpenAI-compatible server of llama.cpp, in this process, on the loopback interface."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path

from apps.demo import weights

HOST = "127.0.0.1"
FEW_SHOT_TEMPLATE = Path(__file__).parent / "data" / "few_shot.jinja"
# Two servers with two threads each spin against one another on two cores: answers of 0.5 s become 15 s.
THREADS = 1
SLOTS = 4
CONTEXT_TOKENS = 2048 * SLOTS
PROMPT_CACHE_MIB = 256
END_SIGNALS = {signal.SIGTERM, signal.SIGINT}


@dataclass(frozen=True, slots=True)
class LocalModel:
    """One model we can serve: the role it plays in the demo, and the name its server gives it."""

    role: str
    alias: str
    few_shot: bool


MODELS = {
    "teacher": LocalModel("teacher", "gemma-3-270m", few_shot=True),
    "student": LocalModel("student", "smollm2-135m-instruct", few_shot=False),
}


def serve(role: str, port: int, home: Path) -> None:
    """Serve one model on ``port`` of the loopback interface until SIGTERM or SIGINT."""
    # An optional package: a product without the local models must still import this module.
    import xllamacpp  # noqa: PLC0415

    model = MODELS[role]
    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights.teacher_path(home) if role == "teacher" else weights.student_path())
    settings.model_alias = {model.alias}
    settings.hostnames = [HOST]
    settings.port = port
    settings.n_parallel = SLOTS
    settings.n_ctx = CONTEXT_TOKENS
    settings.cont_batching = True
    settings.cache_ram_mib = PROMPT_CACHE_MIB
    settings.cpuparams.n_threads = THREADS
    settings.cpuparams_batch.n_threads = THREADS
    settings.offline = True
    settings.ui = False
    settings.endpoint_slots = False
    settings.use_jinja = True
    if model.few_shot:
        settings.chat_template = FEW_SHOT_TEMPLATE.read_text(encoding="utf-8")
        # A base model has no end of turn: it would go on to invent the next case. Its line is its answer.
        settings.antiprompt = ["\n"]
    # Blocked before the server's threads start and inherit the mask, so that the wait below gets the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    server = xllamacpp.Server(settings)
    print(f"{model.alias} answers at {server.listening_address}", flush=True)
    signal.sigwait(END_SIGNALS)
