"""The policies every project starts with, as documents a person may copy and change."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_GLOBAL_LOSS = {"figure": "score", "scope": "global", "evaluators": "primary", "margin": 0.03, "unit": "pp"}
_HIGH_VALUE_LOSS = {"figure": "score", "scope": "high_value", "evaluators": "primary", "margin": 0.01, "unit": "pp"}
_COHORT_LOSS = {"figure": "score", "scope": "other_cohorts", "evaluators": "primary", "margin": 0.03, "unit": "pp"}

_PROOFS: list[dict[str, Any]] = [
    {"id": "global", "kind": "prove", **_GLOBAL_LOSS},
    {"id": "high-value", "kind": "prove", **_HIGH_VALUE_LOSS},
]
_COST = {"id": "cost", "kind": "prove", "figure": "cost_ratio", "scope": "global", "at_most": 0.15}
_LATENCY = {
    "id": "latency-p99",
    "kind": "guard",
    "figure": "latency_ratio",
    "scope": "global",
    "at_most": 1.5,
    "quantile": 0.99,
}
_SECONDARY: list[dict[str, Any]] = [
    {
        "id": f"secondary-{name}",
        "kind": "guard",
        "figure": "score",
        "scope": scope,
        "evaluators": "secondary",
        "margin": 0.03,
        "unit": "pp",
    }
    for name, scope in (("global", "global"), ("cohorts", "each_cohort"))
]
_MISSING = {
    "id": "missing",
    "kind": "guard",
    "figure": "missing",
    "scope": "global",
    "evaluators": "all",
    "at_most": 0.05,
}

_RELEASE = {
    "name": "release",
    "description": (
        "Shows that the student loses at most 3 pp globally and 1 pp in each high-value cohort on the primary "
        "evaluators, at no more than 0.15 of the teacher's cost; watches the other cohorts, the other evaluators, "
        "p99 latency and missing answers."
    ),
    "alpha": 0.05,
    "rules": [*_PROOFS, {"id": "cohorts", "kind": "guard", **_COHORT_LOSS}, *_SECONDARY, _COST, _LATENCY, _MISSING],
}
_STRICT = {
    "name": "strict",
    "description": (
        "As release with an error of 2.5 % for every proof, and every cohort must be shown to hold its limit."
    ),
    "alpha": 0.025,
    "rules": [*_PROOFS, {"id": "cohorts", "kind": "prove", **_COHORT_LOSS}, *_SECONDARY, _COST, _LATENCY, _MISSING],
}
_COLLECT_EVIDENCE = {
    "name": "collect-evidence",
    "description": (
        "As release without the cost rule and without the latency rule, for recorded runs that have no prices or "
        "latencies. A pass under this policy says nothing about cost or speed."
    ),
    "alpha": 0.05,
    "rules": [*_PROOFS, {"id": "cohorts", "kind": "guard", **_COHORT_LOSS}, *_SECONDARY, _MISSING],
}

TEMPLATES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"release": _RELEASE, "strict": _STRICT, "collect-evidence": _COLLECT_EVIDENCE}
)
