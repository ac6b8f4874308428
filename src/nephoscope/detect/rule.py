"""Rules: what is looked for, of which severity, in whose events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.model.finding import Severity

if TYPE_CHECKING:
    from nephoscope.detect.python_rules import PythonRule
    from nephoscope.model.condition import Condition
    from nephoscope.model.errors import ContentError
    from nephoscope.model.event import LogSource


@dataclass(frozen=True)
class About:
    """What every kind of rule says of itself.

    id: Sigma's `id`. name: how correlations refer to it. where: `file:line`. match, no_match: examples, each a record,
    or a list of records for a correlation. is_silent: used by correlations only, makes no finding of its own.
    """

    id: str
    title: str
    severity: Severity = Severity.MEDIUM
    name: str = ""
    where: str = ""
    tags: tuple[str, ...] = ()
    status: str = ""
    description: str = ""
    falsepositives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    match: Sequence[Any] = ()
    no_match: Sequence[Any] = ()
    is_silent: bool = False


@dataclass(frozen=True)
class Rule:
    """A detection on single events."""

    about: About
    log_source: LogSource
    condition: Condition


@dataclass(frozen=True)
class Threshold:
    """A correlation's condition: `measure op count`, or which rules must (not) have matched.

    op: lt, lte, gt, gte, eq, neq. fields: whose distinct values, sum… are measured. percentile: 0 to 100.
    expression: ("and" | "or" | "not", parts…) with rules' ids as leaves; replaces op and count.
    """

    op: str = "gte"
    count: float = 1
    fields: tuple[str, ...] = ()
    percentile: int = 0
    expression: tuple[Any, ...] | str | None = None


@dataclass(frozen=True)
class Correlation:
    """A rule over several matches within a time span.

    type: event_count, value_count, temporal, temporal_ordered, value_sum, value_avg, value_median, value_percentile.
    rules: ids of rules and correlations. aliases: {name used in group_by: {rule id: its field}}.
    """

    about: About
    type: str
    rules: tuple[str, ...]
    timespan_s: int
    threshold: Threshold
    group_by: tuple[str, ...] = ()
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def field_of(self, rule: str, name: str) -> str:
        """How a rule's events name what the correlation calls `name`."""
        return self.aliases.get(name, {}).get(rule, name)


@dataclass(frozen=True)
class RuleSet:
    """All that is looked for, and what could not be loaded; correlations come after what they refer to."""

    rules: tuple[Rule, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    python_rules: tuple[PythonRule, ...] = ()
    errors: tuple[ContentError, ...] = ()
