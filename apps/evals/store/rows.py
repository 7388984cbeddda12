"""Attempts, generations and scores written many at a time: one statement and one JSON parameter a table.

COPY is refused under row-level security and an ORM object costs more than the call it describes
(benchmarks/engine.py); a JSON array that Postgres unfolds itself costs a few microseconds a row.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from apps.evals.execute.desk import Closing, Opening
from apps.evals.execute.work import Answered, Judged, Scored
from apps.evals.store.purse import NOTHING, Money
from apps.kernel.text import storable
from apps.tenancy.acting import current
from apps.tenancy.ids import new_id

FAST = 1  # zlib's level: requests are small, and every one is compressed while others wait

OPEN = """
    INSERT INTO evals_attempt (id, organization_id, created_at, run_id, batch_id, token, example_id, role, repeat,
        evaluator, number, request_digest, body, worst_usd, outcome)
    SELECT id, %s, clock_timestamp(), %s, batch, token, example, role, repeat, evaluator, number, digest,
        decode(body, 'base64'), worst, ''
    FROM json_to_recordset(%s) AS given(id uuid, batch uuid, token integer, example uuid, role text, repeat smallint,
        evaluator text, number smallint, digest text, body text, worst numeric)
    ON CONFLICT (id) DO NOTHING RETURNING worst_usd"""
CLOSE = """
    UPDATE evals_attempt SET ended_at = clock_timestamp(), outcome = given.outcome, status = given.status,
        latency_ms = given.latency, cost_usd = given.cost, unconfirmed_usd = given.unconfirmed
    FROM json_to_recordset(%s) AS given(id uuid, outcome text, status smallint, latency float8, cost numeric,
        unconfirmed numeric)
    WHERE evals_attempt.id = given.id AND organization_id = %s AND ended_at IS NULL
    RETURNING worst_usd, given.cost + given.unconfirmed"""
ANSWER = """
    INSERT INTO evals_generation (id, organization_id, created_at, run_id, example_id, role, repeat, output,
        finish_reason, fault, input_tokens, output_tokens, usage_estimated, latency_ms, first_token_ms, cost_usd,
        answered_by, fingerprint, logprobs, request_digest, reused_from)
    SELECT id, %s, clock_timestamp(), %s, example, role, repeat, output, finish, fault, asked, answered, estimated,
        latency, first, cost, by, fingerprint, logprobs, digest, reused
    FROM json_to_recordset(%s) AS given(id uuid, example uuid, role text, repeat smallint, output text, finish text,
        fault text, asked integer, answered integer, estimated boolean, latency float8, first float8, cost numeric,
        by text, fingerprint text, logprobs jsonb, digest text, reused uuid)
    ON CONFLICT DO NOTHING"""
SCORE = """
    INSERT INTO evals_score (id, organization_id, created_at, generation_id, evaluator, value, reason, detail,
        judge_cost_usd)
    SELECT given.id, %s, clock_timestamp(), stored.id, evaluator, value, reason, detail, cost
    FROM json_to_recordset(%s) AS given(id uuid, generation uuid, evaluator text, value float8, reason text,
        detail text, cost numeric)
    JOIN evals_generation stored ON stored.id = given.generation AND stored.organization_id = %s
    ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class NewScore:
    generation_id: UUID
    scored: Scored


def open_attempts(run_id: UUID, openings: Sequence[Opening]) -> Decimal:
    """Returns the worst cases of those that were not there yet, so that a repeated write reserves nothing twice."""
    found = _write(OPEN, [_organization(), run_id, _json(map(_opening, openings))], openings)
    return sum((worst for (worst,) in found if worst is not None), NOTHING)


def close_attempts(closings: Sequence[Closing]) -> Money:
    """Returns what changed for those that were still open."""
    found = _write(CLOSE, [_json(map(_closing, closings)), _organization()], closings)
    freed = sum((worst for worst, _ in found if worst is not None), NOTHING)
    return Money(freed, spent=sum((cost for _, cost in found), NOTHING))


def keep_answers(run_id: UUID, answers: Sequence[Answered]) -> None:
    """Generations with their scores. What is stored already stays as it is."""
    named = [(new_id(), answered) for answered in answers]
    rows = _json(_answer(identifier, answered) for identifier, answered in named)
    _write(ANSWER, [_organization(), run_id, rows], answers)
    keep_scores([NewScore(identifier, scored) for identifier, answered in named for scored in answered.scores])


def keep_judgements(judgements: Sequence[Judged]) -> None:
    keep_scores([NewScore(judged.generation_id, judged.scored) for judged in judgements])


def keep_scores(scores: Sequence[NewScore]) -> None:
    _write(SCORE, [_organization(), _json(map(_score, scores)), _organization()], scores)


def _write(statement: str, parameters: list[Any], rows: Sequence[object]) -> list[tuple[Any, ...]]:
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def _organization() -> UUID:
    return current().organization_id


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, separators=(",", ":"), default=str)


def _opening(one: Opening) -> dict[str, Any]:
    body = None if one.body is None else base64.b64encode(zlib.compress(one.body, FAST)).decode()
    return {
        "id": one.id, "batch": one.lease.batch_id, "token": one.lease.token, "example": one.example_id,
        "role": one.role, "repeat": one.repeat, "evaluator": one.evaluator, "number": one.number,
        "digest": one.request_digest, "body": body, "worst": one.worst_usd,
    }  # fmt: skip


def _closing(one: Closing) -> dict[str, Any]:
    return {
        "id": one.id, "outcome": one.outcome, "status": one.status, "latency": one.latency_ms,
        "cost": one.cost_usd, "unconfirmed": one.unconfirmed_usd,
    }  # fmt: skip


def _answer(identifier: UUID, one: Answered) -> dict[str, Any]:
    usage = one.usage
    return {
        "id": identifier, "example": one.example_id, "role": one.role, "repeat": one.repeat,
        # Postgres text holds no NUL; its visible sign stands in, and lengths stay the same.
        "output": None if one.output is None else storable(one.output),
        "finish": storable(one.finish_reason[:40]), "fault": one.fault,
        "asked": usage.input_tokens if usage else None, "answered": usage.output_tokens if usage else None,
        "estimated": bool(usage and usage.estimated), "latency": one.latency_ms, "first": one.first_token_ms,
        "cost": one.cost_usd, "by": storable(one.answered_by[:200]), "fingerprint": storable(one.fingerprint[:200]),
        "logprobs": one.logprobs, "digest": one.request_digest, "reused": one.reused_from,
    }  # fmt: skip


def _score(one: NewScore) -> dict[str, Any]:
    outcome = one.scored.outcome
    return {
        "id": new_id(), "generation": one.generation_id, "evaluator": one.scored.evaluator, "value": outcome.value,
        "reason": outcome.reason or "", "detail": storable(outcome.detail), "cost": one.scored.judge_cost_usd,
    }  # fmt: skip
