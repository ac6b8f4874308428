"""Matches in, findings out: correlations and Python rules, with a state that survives as JSON.

What no correlation connects is judged apart: `portions` divides rules so, and other processes may judge a portion each.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.detect.correlate import LATENESS_S, Correlator
from nephoscope.detect.findings import UNKNOWN_TIME, Signal
from nephoscope.detect.python_rules import Event, History
from nephoscope.detect.rule import RuleSet
from nephoscope.model.coverage import Gap
from nephoscope.model.finding import EventRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nephoscope.detect.python_rules import PythonRule
    from nephoscope.model.finding import Finding

COLUMNS = attrgetter(
    *("rule", "uid", "actor", "resource", "values", "finding", "record"),
    *(f"event.{part}" for part in EventRef.__dataclass_fields__),
)
OWN = 7  # columns before those of the event


class Judge:
    """Judges the matches of whoever scans."""

    def __init__(self, rules: RuleSet, lateness_s: float = LATENESS_S) -> None:
        self._correlator = Correlator(rules.correlations, lateness_s)
        self._python = {one.about.id: one for one in rules.python_rules}
        self._histories: dict[str, History] = defaultdict(History)
        self.failed: dict[str, Gap] = {}

    def conclude(self, signals: Iterable[Signal]) -> list[Finding]:
        """Judge what scanners, here or in other processes, passed on; best in order of time."""
        return [finding for signal in signals for finding in self.take(signal)]

    def take(self, signal: Signal) -> list[Finding]:
        """Judge one match: the findings that it makes or completes."""
        rule = self._python.get(signal.rule)
        if rule is None:
            return self._correlator.take(signal)
        judged = self._judged(rule, signal)
        if judged is None:
            return []
        return ([] if rule.about.is_silent else [judged]) + self._correlator.take(signal)

    def _judged(self, rule: PythonRule, signal: Signal) -> Finding | None:
        name = rule.about.id
        try:
            said = rule(Event(signal.record or {}), self._histories[name])
        except Exception as error:  # noqa: BLE001 - boundary: one rule's judgement of one event becomes a gap
            cause = f"{name} fails on event {signal.uid}: {type(error).__name__}: {error}"
            self.failed[name] = Gap("rule", rule.about.where, cause)
            return None
        if not said or signal.finding is None:
            return None
        return replace(signal.finding, reason=said if isinstance(said, str) else "")

    def flush(self) -> list[Finding]:
        """At the end of all input: the findings of windows that still waited."""
        return [finding for _, findings in self.flushes() for finding in findings]

    def flushes(self) -> Iterator[tuple[str, list[Finding]]]:
        """The same, by the correlation whose windows waited."""
        return self._correlator.flushes()

    @property
    def dropped(self) -> int:
        """Matches that were forgotten, because a window may hold no more."""
        return self._correlator.dropped

    @property
    def gaps(self) -> list[Gap]:
        """What the rules could not judge."""
        return gaps_of(self.failed.values(), self.dropped)

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


def gaps_of(failed: Iterable[Gap], dropped: int) -> list[Gap]:
    """What could not be judged: by Python rules that failed, and of matches that were forgotten."""
    lost = Gap("rule", "correlations", f"{dropped} matches were forgotten: more than a window may hold")
    return [*failed, *((lost,) if dropped else ())]


def in_order(signals: Iterable[Signal]) -> list[Signal]:
    """Signals by the time of their events, for input that is read as a whole."""
    return sorted(signals, key=order_of)


def order_of(signal: Signal) -> tuple[Any, str]:
    """What signals are sorted by."""
    return signal.event.time or UNKNOWN_TIME, signal.uid


def portions(rules: RuleSet) -> list[RuleSet]:
    """The rules that judge matches, divided so that no two portions share a match or a correlation."""
    chief: dict[str, str] = {}

    def chief_of(name: str) -> str:
        while chief.setdefault(name, name) != name:
            name = chief[name]
        return name

    for one in rules.correlations:
        for rule in one.rules:
            chief[chief_of(rule)] = chief_of(one.about.id)
    found: dict[str, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for one in rules.correlations:
        found[chief_of(one.about.id)][0].append(one)
    for one in rules.python_rules:
        found[chief_of(one.about.id)][1].append(one)
    return [RuleSet((), tuple(correlations), tuple(python)) for correlations, python in found.values()]


def judged_by(portion: RuleSet) -> set[str]:
    """The rules whose matches a portion judges."""
    names = {name for one in portion.correlations for name in one.rules}
    return names | {one.about.id for one in portion.python_rules}


def packed(signals: Sequence[Signal]) -> bytes:
    """Signals for another process of ours, by column: a third of the time that whole objects take."""
    return pickle.dumps(list(zip(*map(COLUMNS, signals), strict=True)), pickle.HIGHEST_PROTOCOL)


def unpacked(text: bytes) -> list[Signal]:
    """What `packed` gave, from a process of ours."""
    columns = pickle.loads(text)  # noqa: S301  made by `packed` in a child of this process
    if not columns:
        return []
    rules, uids, *others = columns[:OWN]
    return list(map(Signal, rules, uids, map(EventRef, *columns[OWN:]), *others))
