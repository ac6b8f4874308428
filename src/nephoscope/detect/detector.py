"""Batches in, findings out: rules on each batch, then correlations and Python rules on what matched."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.detect.correlate import LATENESS_S, Correlator
from nephoscope.detect.findings import UNKNOWN_TIME, Signal, Witness, fields_of
from nephoscope.detect.matcher import Matcher
from nephoscope.detect.python_rules import Event, History, PythonRule
from nephoscope.model.coverage import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


class Detector:
    """The whole: findings of each batch, with a state that survives as JSON."""

    def __init__(self, rules: RuleSet, lateness_s: float = LATENESS_S) -> None:
        self._scanner = Scanner(rules)
        self._correlator = Correlator(rules.correlations, lateness_s)
        self._python = {one.about.id: one for one in rules.python_rules}
        self._histories: dict[str, History] = defaultdict(History)
        self._failed: dict[str, Gap] = {}

    def matches(self, batch: EventBatch) -> list[Finding]:
        """The findings of a batch, and of the correlations that it completes."""
        found = self._scanner.scan(batch)
        return found.findings + self.conclude(found.signals)

    def conclude(self, signals: Iterable[Signal]) -> list[Finding]:
        """Judge what scanners, here or in other processes, passed on; best in order of time."""
        findings: list[Finding] = []
        for signal in signals:
            rule = self._python.get(signal.rule)
            judged = self._judged(rule, signal) if rule else None
            if rule and judged is None:
                continue
            if judged and rule and not rule.about.is_silent:
                findings.append(judged)
            findings += self._correlator.take(signal)
        return findings

    def _judged(self, rule: PythonRule, signal: Signal) -> Finding | None:
        name = rule.about.id
        try:
            said = rule(Event(signal.record or {}), self._histories[name])
        except Exception as error:  # noqa: BLE001 - boundary: one rule's judgement of one event becomes a gap
            cause = f"{name} fails on event {signal.uid}: {type(error).__name__}: {error}"
            self._failed[name] = Gap("rule", rule.about.where, cause)
            return None
        if not said or signal.finding is None:
            return None
        return replace(signal.finding, reason=said if isinstance(said, str) else "")

    def flush(self) -> list[Finding]:
        """At the end of all input: the findings of windows that still waited."""
        return self._correlator.flush()

    @property
    def gaps(self) -> list[Gap]:
        """What the rules could not judge."""
        dropped = self._correlator.dropped
        lost = Gap("rule", "correlations", f"{dropped} matches were forgotten: more than a window may hold")
        return [*self._failed.values(), *((lost,) if dropped else ())]

    def dump(self) -> bytes:
        """All state as JSON."""
        histories = {name: history.dump() for name, history in self._histories.items()}
        return msgspec.json.encode({"correlations": self._correlator.dump(), "histories": histories})

    def load(self, dumped: Any) -> None:
        """Take up what `dump` gave, decoded or as text; what belongs to rules that are gone is left out."""
        state = msgspec.json.decode(dumped) if isinstance(dumped, str | bytes) else dumped
        self._correlator.load(state["correlations"])
        for name, history in state["histories"].items():
            if name in self._python:
                self._histories[name] = History.of(history)


def in_order(signals: Iterable[Signal]) -> list[Signal]:
    """Signals by the time of their events, for input that is read as a whole."""
    return sorted(signals, key=lambda signal: (signal.event.time or UNKNOWN_TIME, signal.uid))
