"""Batches in, findings out: rules on each batch, then correlations and Python rules on what matched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from nephoscope.detect.correlate import LATENESS_S, Correlator
from nephoscope.detect.findings import Signal, Witness, fields_of
from nephoscope.detect.judge import Judge
from nephoscope.detect.matcher import Matcher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nephoscope.detect.rule import Rule, RuleSet
    from nephoscope.model.event import EventBatch, LogSource
    from nephoscope.model.finding import Finding


@dataclass(frozen=True)
class Scan:
    """What one batch gave: findings that stand by themselves, and signals for whoever keeps the state."""

    findings: list[Finding] = field(default_factory=list["Finding"])
    signals: list[Signal] = field(default_factory=list[Signal])


class Scanner:
    """The part that keeps no state: any number of workers run it side by side."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._python = {one.about.id for one in rules.python_rules}
        self._wanted = Correlator(rules.correlations)
        self._fields = {rule.about.id: fields_of(rule) for rule in self._all()}
        self._asked = {name: self._wanted.fields_for(name) for name in self._fields if self._wanted.wants(name)}
        self._matchers: dict[tuple[LogSource, str], Matcher] = {}

    def _all(self) -> list[Rule]:
        return [*self._rules.rules, *(one.rule for one in self._rules.python_rules)]

    def _matcher(self, log_source: LogSource, source: str, columns: Mapping[str, str]) -> Matcher:
        key = (log_source, source)
        if key not in self._matchers:
            fitting = [rule for rule in self._all() if rule.log_source.covers(log_source)]
            self._matchers[key] = Matcher(fitting, dict(columns))
        return self._matchers[key]

    def asked(self, log_source: LogSource, source: str, columns: Mapping[str, str]) -> list[str]:
        """The fields that are asked of every record of a log."""
        return self._matcher(log_source, source, columns).dispatching

    def scan(self, batch: EventBatch) -> Scan:
        """Run every rule for the batch's log source."""
        found = Scan()
        matcher = self._matcher(batch.log_source, batch.source, batch.columns)
        columns = matcher.columns(batch)
        matches = matcher.matches(columns)
        witness = Witness(batch, columns, len(matches))
        for row, rule in matches:
            name = rule.about.id
            if name in self._python:
                signal = witness.signal(name, row, self._asked.get(name, ()))
                finding = witness.finding(rule.about, row, self._fields[name])
                found.signals.append(msgspec.structs.replace(signal, finding=finding, record=batch.record(row)))
                continue
            if not rule.about.is_silent:
                found.findings.append(witness.finding(rule.about, row, self._fields[name]))
            if name in self._asked:
                found.signals.append(witness.signal(name, row, self._asked[name]))
        return found


class Detector(Judge):
    """The whole: findings of each batch, with a state that survives as JSON."""

    def __init__(self, rules: RuleSet, lateness_s: float = LATENESS_S) -> None:
        super().__init__(rules, lateness_s)
        self._scanner = Scanner(rules)

    def matches(self, batch: EventBatch) -> list[Finding]:
        """The findings of a batch, and of the correlations that it completes."""
        found = self._scanner.scan(batch)
        return found.findings + self.conclude(found.signals)
