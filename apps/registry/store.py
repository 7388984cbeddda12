"""What a worker writes down about a trial. The trail has who asked for it."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from apps.registry.models import Trial


def end_trial(trial_id: UUID, *, fault: str, words: str, latency_ms: float | None, has_logprobs: bool | None) -> bool:
    """Note how a trial ended, once: a second message about it changes nothing. True when this call did."""
    return bool(
        Trial.objects.filter(pk=trial_id, ended_at=None).update(
            ended_at=timezone.now(), fault=fault, words=words, latency_ms=latency_ms, has_logprobs=has_logprobs
        )
    )
