"""Gate policies: which regressions must be shown not to exist, and which must not be shown to exist."""

from apps.kernel.policy.figures import SHAPES
from apps.kernel.policy.parse import parse
from apps.kernel.policy.problems import PolicyRefused
from apps.kernel.policy.rules import Policy, Rule
from apps.kernel.policy.templates import TEMPLATES

__all__ = ["SHAPES", "TEMPLATES", "Policy", "PolicyRefused", "Rule", "parse"]
