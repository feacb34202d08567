"""What a report comes to, in one line that an attack's file can name."""

from __future__ import annotations

from bot.core.verdicts import Verdict
from sandbox.protocol import Ending, Report

LOST = "lost cell"
"""The cell ended, and no report came of it."""


def outcome(report: Report) -> str:
    """``returned VALUE``, ``raised TYPE``, or how the run ended."""
    if report.ending is not Ending.COMPLETED:
        return report.ending.value
    if report.failure:
        return f"raised {report.failure.type}"
    return f"returned {report.trials[0]['result']}"


def judged(verdict: Verdict) -> str:
    """``verdict OUTCOME``."""
    return f"verdict {verdict.outcome.value}"
