"""Every rule that claims with p-values: scores, pass rates and latencies, judged in one step (statistics.md §4.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.kernel.gate import latency_limit_rules, pass_rules, score_rules
from apps.kernel.gate.finding import Finding
from apps.kernel.gate.harm import Gate, Harm, harm_of
from apps.kernel.policy import Policy
from apps.kernel.scorecard import Scorecard

FIGURES = frozenset({"score", "pass_rate", "latency"})


def findings(card: Scorecard, policy: Policy) -> list[Finding]:
    """One finding per rule and place. The harm claims of all of them, proofs and guards, share one Holm step."""
    told: list[tuple[Any, Callable[[Gate, Any, Harm], Finding]]] = [
        *((claim, score_rules.finding) for claim in score_rules.claims(card, policy)),
        *((claim, pass_rules.finding) for claim in pass_rules.claims(card, policy)),
        *((claim, latency_limit_rules.finding) for claim in latency_limit_rules.claims(card, policy)),
    ]
    claims = [claim for claim, _ in told]
    gate = Gate(policy.alpha, policy.level, card.unseen, sum(claim.blocked is None for claim in claims))
    harm = harm_of(claims, policy.alpha)
    return [tell(gate, claim, found) for (claim, tell), found in zip(told, harm, strict=True)]
