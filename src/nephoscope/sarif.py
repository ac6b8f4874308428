"""What every SARIF log of ours says alike: how grave severities are, which tool it was, what it could not see.

Source: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope import __version__
from nephoscope.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from nephoscope.model.coverage import Gap

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = "2.1.0"
LEVELS: Mapping[str, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFORMATIONAL: "note",
}
# What code review tools sort by; a number as CVSS has it.
SCORES: Mapping[str, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFORMATIONAL: "0.5",
}


def run_of(rules: Sequence[Mapping[str, Any]], gaps: Iterable[Gap]) -> dict[str, Any]:
    """A run without its results: the tool with its rules, and whether it saw all that it was to see."""
    unseen = [{"level": "error", "message": {"text": f"{gap.subject}: {gap.cause}"}} for gap in gaps]
    return {
        "tool": {"driver": {"name": "Nephoscope", "semanticVersion": __version__, "rules": list(rules)}},
        "invocations": [{"executionSuccessful": not unseen, "toolExecutionNotifications": unseen}],
    }
