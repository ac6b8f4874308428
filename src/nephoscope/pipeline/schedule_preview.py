"""A schedule → its next runs and what they would be about, with what is left out and why; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nephoscope.model.schedule import LooksAt
from nephoscope.pipeline.schedule_targets import targets_of
from nephoscope.pipeline.schedules import kind_of

if TYPE_CHECKING:
    from datetime import datetime

    from nephoscope.model.finding import ResourceRef
    from nephoscope.pipeline.schedules import Ready
    from nephoscope.store.lake import LakeReader
    from nephoscope.store.scope import Scope

NEXT = 10
SHOWN = 200  # targets


@dataclass(frozen=True)
class NextRun:
    """A time to come. at: UTC; local: on the schedule's clocks. note: why it is not as it is said.

    blackout: the name of the one that swallows it; empty if it runs.
    """

    at: datetime
    local: str
    note: str
    blackout: str


@dataclass(frozen=True)
class Preview:
    """What a schedule would do. targets: the first of them; None where they cannot be known, as `notes` then say.

    count: of all targets. notes: what is left out, and why.
    """

    name: str
    kind: str
    runs: tuple[NextRun, ...]
    targets: tuple[ResourceRef, ...] | None
    count: int
    notes: tuple[str, ...]


def preview(ready: Ready, lake: LakeReader | None, now: datetime, scope: Scope, count: int = NEXT) -> Preview:
    """A schedule's next runs, and its targets as they are now, as far as they are in scope.

    lake: None where there is none to ask. Raises StoreError.
    """
    schedule = ready.schedule
    zone = ZoneInfo(schedule.when.zone if schedule.when else "UTC")
    planned = ready.table.next_runs(now, count)
    runs = tuple(
        NextRun(each.at, f"{each.at.astimezone(zone):%a %Y-%m-%d %H:%M %Z}", each.note, each.blackout)
        for each in planned
    )
    notes = _notes(ready, runs, now)
    kind = kind_of(schedule)
    if lake is None and kind.looks_at is LooksAt.ITEMS:
        return Preview(schedule.name, schedule.kind, runs, None, 0, (*notes, "there is no lake to choose targets from"))
    targets = [target for target, _ in targets_of(schedule, kind, lake, now) if _is_in(scope, target)]
    if not targets:
        notes = (*notes, "nothing fits now")
    return Preview(schedule.name, schedule.kind, runs, tuple(targets[:SHOWN]), len(targets), notes)


def _is_in(scope: Scope, target: ResourceRef) -> bool:
    return scope.is_all or scope.holds(target.account)


def _notes(ready: Ready, runs: tuple[NextRun, ...], now: datetime) -> tuple[str, ...]:
    schedule, notes = ready.schedule, list[str]()
    if ready.kept.paused_by:
        notes.append(f"{ready.kept.paused_by} paused it: nothing begins until it is resumed")
    if schedule.when and not runs:
        notes.append("no time comes any more within ten years")
    if runs and all(each.blackout for each in runs):
        names = ", ".join(dict.fromkeys(each.blackout for each in runs))
        notes.append(f"none of the next {len(runs)} times runs: the blackouts {names} cover them")
    if current := ready.table.blackout_at(now):
        notes.append(f"now is in the blackout {current}")
    if schedule.on:
        notes.append(f"it is set off by changes too: {schedule.on.topic} where {schedule.on.when}")
    if schedule.jitter:
        notes.append(f"its jobs begin within {schedule.jitter} of each other")
    if schedule.window:
        notes.append(f"it works for {schedule.window} at most, and goes on in the next window")
    return tuple(notes)
