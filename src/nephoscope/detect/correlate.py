"""Correlations: findings over several matches, in order of event time however late they arrive.

State is kept on matches only. A window is an event time span [t, t + timespan] of one group. Conditions that more
matches can only make truer (count ≥ 5, all of these rules) are judged at each match; the others (fewer than, an
average, `not`) when the window and the allowance for lateness have passed. Once a window has made a finding, whatever
else falls into it adds nothing.
Source: Sigma specification, correlation rules, https://github.com/SigmaHQ/sigma-specification
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.detect.findings import Signal
from nephoscope.detect.measure import is_lasting, is_met, least_matches, measured
from nephoscope.model.finding import Actor, EventRef, Finding, Kind, ResourceRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nephoscope.detect.rule import Correlation

LATENESS_S = 3_600.0
MAX_EVENTS = 10_000  # of a group's window; the oldest go first
MAX_GROUPS = 100_000  # of a correlation; those that changed longest ago go first
SHOWN_EVENTS = 100  # in a finding


class Seen(msgspec.Struct, array_like=True, order=False):
    """A match as a window keeps it. arrived: the correlation's clock then."""

    time: float
    place: int  # of its rule in the correlation
    uid: str
    values: list[str]  # of the fields that are measured; only from matches that have them all
    arrived: float
    event: EventRef
    actor: Actor
    resource: ResourceRef

    @property
    def order(self) -> tuple[float, int, str]:
        return self.time, self.place, self.uid


ORDER = attrgetter("order")
TIME = attrgetter("time")


class Group(msgspec.Struct):
    """One group's matches in order of time, and the windows that have made findings."""

    seen: list[Seen] = []
    closed: list[tuple[float, float]] = []


@dataclass
class Watch:
    """One correlation's state."""

    correlation: Correlation
    lateness_s: float = LATENESS_S
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict[tuple[str, ...], Group])
    clock: float = 0.0  # the latest event time met
    swept: float = 0.0
    dropped: int = 0  # matches forgotten because there were too many

    def __post_init__(self) -> None:
        one = self.correlation
        self._is_lasting = is_lasting(one)
        self._least = least_matches(one)
        self._span = one.timespan_s + self.lateness_s
        self._places = {rule: one.rules.index(rule) for rule in one.rules}
        self._key_fields = {rule: tuple(one.field_of(rule, name) for name in one.group_by) for rule in one.rules}
        self._measured_fields = {
            rule: tuple(one.field_of(rule, name) for name in one.threshold.fields) for rule in one.rules
        }

    def take(self, signal: Signal) -> Iterable[Finding]:
        """Add a match; the finding that it completes, and those that fall due."""
        happened = signal.event.time
        asked = signal.values.get
        key = tuple([asked(name, "") for name in self._key_fields[signal.rule]])
        values = [asked(name, "") for name in self._measured_fields[signal.rule]]
        if happened is None or not all(key) or not all(values):
            return ()
        time = happened.timestamp()
        if time > self.clock:
            self.clock = time
        group = self.groups.pop(key, None) or Group([], [])
        self.groups[key] = group
        for start, end in group.closed:
            if start <= time <= end:
                return ()
        return self._add(key, group, self._seen(signal, time, values))

    def _add(self, key: tuple[str, ...], group: Group, seen: Seen) -> list[Finding]:
        held = group.seen
        place = len(held)
        if held and held[-1].time >= seen.time:
            place = bisect_left(held, seen.order, key=ORDER)
            if place < len(held) and held[place].order == seen.order:
                return []
        held.insert(place, seen)
        found: list[Finding] = []
        if self._is_lasting and len(held) >= self._least:
            found += self._judge(key, group, place)
        if len(group.seen) > MAX_EVENTS:
            del group.seen[0]
            self.dropped += 1
        if self.clock - self.swept > self._span / 4 or len(self.groups) > MAX_GROUPS:
            found += self._sweep()
        return found

    def _seen(self, signal: Signal, time: float, values: list[str]) -> Seen:
        place = self._places[signal.rule]
        arrived = max(self.clock, time)
        return Seen(time, place, signal.uid, values, arrived, signal.event, signal.actor, signal.resource)

    def _judge(self, key: tuple[str, ...], group: Group, place: int) -> Iterable[Finding]:
        """Look at every window that holds the new match and ends with it or with a later one."""
        span = self.correlation.timespan_s
        seen = group.seen
        new = seen[place].time
        for last in range(place, len(seen)):
            end = seen[last].time
            if end > new + span:
                return
            first = bisect_left(seen, end - span, hi=last, key=TIME)
            if last - first + 1 >= self._least and is_met(self.correlation, window := seen[first : last + 1]):
                yield self._close(key, group, window)
                return

    def _close(self, key: tuple[str, ...], group: Group, window: Sequence[Seen]) -> Finding:
        start = window[0].time
        end = start + self.correlation.timespan_s
        group.closed.append((start, end))
        group.seen = [one for one in group.seen if not start <= one.time <= end]
        return self._finding(key, window)

    def _sweep(self) -> Iterable[Finding]:
        """Forget what no window can need any more."""
        until = self.clock - self._span
        self.swept = self.clock
        yield from self.due(until)
        for key, group in list(self.groups.items()):
            group.seen = [one for one in group.seen if one.arrived >= until]
            group.closed = [window for window in group.closed if window[1] >= until]
            if not group.seen and not group.closed:
                del self.groups[key]
        while len(self.groups) > MAX_GROUPS:
            lost = self.groups.pop(next(iter(self.groups)))
            self.dropped += len(lost.seen)

    def due(self, until: float) -> Iterable[Finding]:
        """Judge the windows that began by `until`, of conditions that only a whole window can meet."""
        if self._is_lasting:
            return
        for key, group in self.groups.items():
            while group.seen and group.seen[0].time <= until and group.seen[0].arrived <= until:
                end = group.seen[0].time + self.correlation.timespan_s
                window = [one for one in group.seen if one.time <= end]
                if is_met(self.correlation, window):
                    yield self._close(key, group, window)
                else:
                    del group.seen[: len(window)]

    def _finding(self, key: tuple[str, ...], window: Sequence[Seen]) -> Finding:
        about = self.correlation.about
        start, end = (datetime.fromtimestamp(one.time, UTC) for one in (window[0], window[-1]))
        resources = {one.resource for one in window}
        return Finding(
            kind=Kind.DETECTION,
            rule=about.id,
            title=about.title,
            severity=about.severity,
            subject=(*key, start.isoformat()),
            time=end,
            reason=f"{len(window)} events between {start:%Y-%m-%d %H:%M:%S} and {end:%H:%M:%S} UTC",
            resource=window[-1].resource if len(resources) == 1 else _shared(resources),
            actor=window[-1].actor,
            events=tuple(one.event for one in window[-SHOWN_EVENTS:]),
            tags=about.tags,
            detail={
                "group": dict(zip(self.correlation.group_by, key, strict=True)),
                "events": len(window),
                "measured": measured(self.correlation, window),
                "start": start.isoformat(),
                "end": end.isoformat(),
            },
        )


def _shared(resources: set[ResourceRef]) -> ResourceRef:
    """What several resources have in common."""
    accounts, regions = ({getattr(one, name) for one in resources} for name in ("account", "region"))
    return ResourceRef(
        account=accounts.pop() if len(accounts) == 1 else "", region=regions.pop() if len(regions) == 1 else ""
    )


class Correlator:
    """Every correlation's state. Correlations come after those that they refer to."""

    def __init__(self, correlations: Sequence[Correlation], lateness_s: float = LATENESS_S) -> None:
        self._watches = {one.about.id: Watch(one, lateness_s) for one in correlations}
        self._takers: dict[str, list[Watch]] = defaultdict(list)
        for watch in self._watches.values():
            for rule in watch.correlation.rules:
                self._takers[rule].append(watch)

    def fields_for(self, rule: str) -> tuple[str, ...]:
        """The fields whose values correlations want of a rule's matches; none if no correlation wants them."""
        found: dict[str, None] = {}
        for watch in self._takers.get(rule, ()):
            one = watch.correlation
            found |= dict.fromkeys(one.field_of(rule, name) for name in (*one.group_by, *one.threshold.fields))
        return tuple(found)

    def wants(self, rule: str) -> bool:
        """Whether any correlation refers to the rule."""
        return rule in self._takers

    def take(self, signal: Signal) -> list[Finding]:
        """Add a match; the findings it completes, those of correlations over correlations too."""
        found: list[Finding] = []
        for watch in self._takers.get(signal.rule, ()):
            for made in watch.take(signal):
                found += self._passed_on(watch, made)
        return found

    def _passed_on(self, watch: Watch, made: Finding) -> list[Finding]:
        about = watch.correlation.about
        own = [] if about.is_silent else [made]
        values = dict(made.detail["group"])
        actor = made.actor or Actor()
        return own + self.take(Signal(about.id, made.uid, made.events[-1], actor, made.resource, values))

    def flushes(self) -> Iterator[tuple[str, list[Finding]]]:
        """At the end of all input: judge the windows that still waited, correlation by correlation."""
        for name, watch in self._watches.items():
            due = list(watch.due(float("inf")))
            yield name, [finding for made in due for finding in self._passed_on(watch, made)]

    @property
    def dropped(self) -> int:
        """Matches that were forgotten because a group, or the number of groups, grew too large."""
        return sum(watch.dropped for watch in self._watches.values())

    def dump(self) -> dict[str, Any]:
        """All state, as msgspec encodes it."""
        return {
            name: {"clock": watch.clock, "swept": watch.swept, "groups": list(watch.groups.items())}
            for name, watch in self._watches.items()
        }

    def load(self, dumped: dict[str, Any]) -> None:
        """Take up state; that of correlations which are gone is left out."""
        for name, state in dumped.items():
            watch = self._watches.get(name)
            if watch is not None:
                watch.clock, watch.swept = state["clock"], state.get("swept", 0.0)
                watch.groups = {tuple(key): msgspec.convert(group, Group) for key, group in state["groups"]}
