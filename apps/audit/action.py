"""``@action``: the only way to change something. Permission, transaction and audit event in one place.

An action returns a ``Done``: the result, and what the trail shall say of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import models, transaction

from apps.audit import trail
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission

P = ParamSpec("P")
R = TypeVar("R")

# Every action by event name, for the house tests and the reference page.
ACTIONS: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """What an action did. ``facts`` go into the trail verbatim; ``says`` names fill the action's sentence.

    ``changed=False`` means that nothing was written (the same thing stood already): no event then.
    """

    result: R
    subject: models.Model
    facts: Mapping[str, object] = field(default_factory=dict)
    words: Mapping[str, object] = field(default_factory=dict)
    because: str = ""
    changed: bool = True


def action(event: str, *, needs: Permission, says: str) -> Callable[[Callable[P, Done[R]]], Callable[P, R]]:
    """Make a room's verb. ``says`` is a format string over the action's ``words``, after the actor's name."""

    def decorate(verb: Callable[P, Done[R]]) -> Callable[P, R]:
        @functools.wraps(verb)
        def act(*args: P.args, **kwargs: P.kwargs) -> R:
            require(needs)
            with transaction.atomic():
                done = verb(*args, **kwargs)
                if done.changed:
                    trail.append(
                        event,
                        subject_kind=done.subject._meta.label_lower,
                        subject_id=str(done.subject.pk),
                        says=says.format(**done.words),
                        facts=done.facts,
                        because=done.because,
                    )
            return done.result

        act.event = event  # type: ignore[attr-defined]
        act.needs = needs  # type: ignore[attr-defined]
        act.says = says  # type: ignore[attr-defined]
        ACTIONS[event] = act
        return act

    return decorate
