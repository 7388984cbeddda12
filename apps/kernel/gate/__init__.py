"""A scorecard and a policy give a verdict with findings."""

from apps.kernel.gate.decide import decide
from apps.kernel.gate.finding import Decided, Finding, worst

__all__ = ["Decided", "Finding", "decide", "worst"]
