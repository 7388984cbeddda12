"""Attempts, generations and scores written many at a time: one statement, one JSON parameter a table.

COPY is refused under row-level security and an ORM object costs more than the call it describes
(benchmarks/engine.py); a JSON array that Postgres unfolds itself costs a few microseconds a row. One statement for all
five tables, because each answer of the database is waited for beside an event loop that is busy.
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
from apps.evals.execute.work import Answered, Judged, Measured, Scored
from apps.kernel.text import storable
from apps.tenancy.acting import current
from apps.tenancy.ids import new_id

FAST = 1  # zlib's level: requests are small, and every one is compressed while others wait

# Attempts are found by their keys and changed where they lie: joined with them in one step, the planner reads all of an
# organization's attempts for each bundle while it has no statistics of them (EXPLAIN). One that somebody else ends
# meanwhile has moved, and is left alone.
# What is written twice changes nothing: ids are ours, and an ended attempt is not ended again. Of answers that are
# stored already (another worker's) the scores are dropped with them.
KEEP = """
    WITH places AS (
        SELECT a.place, given.* FROM json_to_recordset(%(closings)s) AS given(id uuid, outcome text, status smallint,
            latency float8, cost numeric, unconfirmed numeric, broken integer),
            LATERAL (SELECT ctid AS place FROM evals_attempt
                WHERE organization_id = %(organization)s AND id = given.id AND ended_at IS NULL OFFSET 0) AS a
    ), closed AS (
        UPDATE evals_attempt SET ended_at = clock_timestamp(), outcome = given.outcome, status = given.status,
            latency_ms = given.latency, cost_usd = given.cost, unconfirmed_usd = given.unconfirmed,
            broken_at = given.broken
        FROM places AS given
        WHERE evals_attempt.ctid = given.place AND organization_id = %(organization)s AND ended_at IS NULL
        RETURNING worst_usd, given.cost + given.unconfirmed AS spent
    ), answered AS (
        INSERT INTO evals_generation (id, organization_id, created_at, run_id, example_id, role, repeat, output,
            finish_reason, fault, input_tokens, output_tokens, usage_estimated, latency_ms, first_token_ms, cost_usd,
            answered_by, fingerprint, logprobs, request_digest, reused_from)
        SELECT id, %(organization)s, clock_timestamp(), %(run)s, example, role, repeat, output, finish, fault, asked,
            answered, estimated, latency, first, cost, by, fingerprint, logprobs, digest, reused
        FROM json_to_recordset(%(answers)s) AS given(id uuid, example uuid, role text, repeat smallint, output text,
            finish text, fault text, asked integer, answered integer, estimated boolean, latency float8, first float8,
            cost numeric, by text, fingerprint text, logprobs jsonb, digest text, reused uuid)
        ON CONFLICT DO NOTHING RETURNING id
    ), scored AS (
        INSERT INTO evals_score (id, organization_id, created_at, generation_id, evaluator, value, reason, detail,
            judge_cost_usd)
        SELECT given.id, %(organization)s, clock_timestamp(), generation, evaluator, value, reason, detail, cost
        FROM json_to_recordset(%(scores)s) AS given(id uuid, generation uuid, evaluator text, value float8,
            reason text, detail text, cost numeric)
        JOIN (SELECT id FROM answered UNION ALL
              SELECT id FROM evals_generation
              WHERE organization_id = %(organization)s AND id = ANY (%(judged)s)) AS known ON known.id = generation
        ON CONFLICT DO NOTHING
    ), measured AS (
        INSERT INTO evals_likelihood (id, organization_id, created_at, generation_id, nats, teacher_nats, tokens,
            reason, logprobs, cost_usd, request_digest, reused_from)
        SELECT given.id, %(organization)s, clock_timestamp(), known.id, nats, teacher, tokens, reason, given.logprobs,
            cost, digest, reused
        FROM json_to_recordset(%(measurements)s) AS given(id uuid, generation uuid, nats float8, teacher float8,
            tokens integer, reason text, logprobs jsonb, cost numeric, digest text, reused uuid)
        JOIN evals_generation known ON known.organization_id = %(organization)s AND known.id = generation
        ON CONFLICT DO NOTHING
    ), opened AS (
        INSERT INTO evals_attempt (id, organization_id, created_at, run_id, batch_id, token, example_id, role, repeat,
            evaluator, number, request_digest, body, worst_usd, outcome)
        SELECT id, %(organization)s, clock_timestamp(), %(run)s, batch, token, example, role, repeat, evaluator,
            number, digest, decode(body, 'base64'), worst, ''
        FROM json_to_recordset(%(openings)s) AS given(id uuid, batch uuid, token integer, example uuid, role text,
            repeat smallint, evaluator text, number smallint, digest text, body text, worst numeric)
        ON CONFLICT (id) DO NOTHING RETURNING worst_usd
    )
    SELECT (SELECT coalesce(sum(worst_usd), 0) FROM closed), (SELECT coalesce(sum(spent), 0) FROM closed),
        (SELECT coalesce(sum(worst_usd), 0) FROM opened)"""


@dataclass(frozen=True, slots=True)
class Money:
    """What a write changed in US dollars: worst cases no longer open, what took their place, and new worst cases."""

    freed: Decimal
    spent: Decimal
    reserved: Decimal


def keep(
    run_id: UUID,
    *,
    closings: Sequence[Closing] = (),
    answers: Sequence[Answered] = (),
    judgements: Sequence[Judged] = (),
    measurements: Sequence[Measured] = (),
    openings: Sequence[Opening] = (),
) -> Money:
    """Write all of it, or what of it is not there yet. The answer tells the money of this write alone."""
    named = [(new_id(), answered) for answered in answers]
    scores = [_score(identifier, scored) for identifier, answered in named for scored in answered.scores]
    parameters = {
        "organization": current().organization_id,
        "run": run_id,
        "closings": _json(map(_closing, closings)),
        "answers": _json(_answer(identifier, answered) for identifier, answered in named),
        "scores": _json([*scores, *(_score(judged.generation_id, judged.scored) for judged in judgements)]),
        "judged": list({judged.generation_id for judged in judgements}),
        "measurements": _json(map(_measurement, measurements)),
        "openings": _json(map(_opening, openings)),
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, parameters)
        return Money(*cursor.fetchone())


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
        "cost": one.cost_usd, "unconfirmed": one.unconfirmed_usd, "broken": one.broken_at,
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


def _measurement(one: Measured) -> dict[str, Any]:
    return {
        "id": new_id(), "generation": one.generation_id, "nats": one.nats, "teacher": one.teacher_nats,
        "tokens": one.tokens, "reason": one.reason[:60], "logprobs": one.logprobs, "cost": one.cost_usd,
        "digest": one.request_digest, "reused": one.reused_from,
    }  # fmt: skip


def _score(generation_id: UUID, scored: Scored) -> dict[str, Any]:
    outcome = scored.outcome
    return {
        "id": new_id(), "generation": generation_id, "evaluator": scored.evaluator, "value": outcome.value,
        "reason": outcome.reason or "", "detail": outcome.detail, "cost": scored.judge_cost_usd,
    }  # fmt: skip
