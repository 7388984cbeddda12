"""A scorecard, a policy and the circumstances give a verdict with findings."""

from apps.kernel.gate.circumstances import Circumstances
from apps.kernel.gate.decide import decide
from apps.kernel.gate.finding import Decided, Finding, worst

__all__ = ["Circumstances", "Decided", "Finding", "decide", "worst"]
