"""CHANGES ─► schedules: what changed since the last round, asked of every schedule that waits for a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.model.errors import ContentError
from nephoscope.model.schedule import LooksAt
from nephoscope.pipeline.occasions import values_of
from nephoscope.pipeline.schedules import AREA, kind_of
from nephoscope.respond.facts import resource_of
from nephoscope.store.feed import changes_after, last_number, place_of, put_place
from nephoscope.store.gaps import close_gaps, record_gaps
from nephoscope.store.schedules import ScheduleRun, add_run, run_id
from nephoscope.store.state import get_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nephoscope.pipeline.schedules import Ready, Schedules
    from nephoscope.store.feed import Change

READER = "schedules"
OF_ONE = ("item", "finding")  # topics whose changes are about one resource


@dataclass
class ScheduleChanges:
    """CHANGES ─► schedules. A run that a change sets off is recorded with the place in the feed, so once."""

    schedules: Schedules
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        """What happened before sets nothing off."""
        with self.schedules.stores.ledger.write() as connection:
            if get_state(connection, f"feed/at/{READER}") is None:
                put_place(connection, READER, last_number(connection))

    def round(self) -> bool:
        """One round; answers whether more is waiting."""
        waiting = [
            each for each in self.schedules.ready().values() if each.schedule.on is not None and not each.kept.paused_by
        ]
        stores = self.schedules.stores
        operations = sorted({name for each in waiting if each.schedule.on for name in each.schedule.on.operations})
        topics = {each.schedule.on.topic for each in waiting if each.schedule.on}
        with stores.ledger.read() as connection:
            place = place_of(connection, READER)
            changes = changes_after(connection, place)
            seen = [
                (change, values)
                for change in changes
                if change.topic in topics
                for values in values_of(connection, stores.lake, change, operations)
            ]
        if not changes:
            return False
        fired, gaps = _asked(waiting, seen)
        with stores.ledger.write() as connection:
            if place_of(connection, READER) != place:
                return True  # another process has done it
            for ready, about in fired:
                add_run(connection, self._run(ready, changes[-1].number, about))
            well = {each.schedule.name for each in waiting} - {gap.subject.partition(":")[0] for gap in gaps}
            record_gaps(connection, gaps)
            close_gaps(connection, [_gap(name, "").key for name in well])
            put_place(connection, READER, changes[-1].number)
        return True

    def _run(self, ready: Ready, number: int, about: Sequence[tuple[str, str, str, str]] | None) -> ScheduleRun:
        schedule, now = ready.schedule, self.clock()
        return ScheduleRun(
            run_id(schedule.name, "change", str(number)),
            schedule.name,
            schedule.kind,
            now,
            f"change {number}",
            chosen=None if about is None else tuple(about),
            deadline_at=now + schedule.window if schedule.window else None,
            made_at=now,
        )


def _asked(
    waiting: Iterable[Ready], seen: Sequence[tuple[Change, Mapping[str, Any]]]
) -> tuple[list[tuple[Ready, list[tuple[str, str, str, str]] | None]], list[Gap]]:
    """Which schedules are set off, each by which items (None: by something that is about all), and which err."""
    fired: list[tuple[Ready, list[tuple[str, str, str, str]] | None]] = []
    gaps: list[Gap] = []
    for ready in waiting:
        on, condition = ready.schedule.on, ready.condition
        if on is None or condition is None:
            continue
        mine = [values for change, values in seen if change.topic == on.topic]
        mine = [values for values in mine if not on.operations or values["operation"] in on.operations]
        try:
            hits = [values for values in mine if condition.evaluate(values)]
        except ContentError as error:
            gaps.append(_gap(ready.schedule.name, str(error)))
            continue
        kind = kind_of(ready.schedule)
        if on.topic not in OF_ONE or kind.looks_at is not LooksAt.ITEMS:
            fired += [(ready, None)] if hits else []
            continue
        resources = [resource_of(on.topic, values) for values in hits]
        about = {(each.account, each.region, each.type, each.id) for each in resources if each.type in kind.types}
        fired += [(ready, sorted(about))] if about else []
    return fired, gaps


def _gap(name: str, cause: str) -> Gap:
    return Gap(AREA, f"{name}: on", cause)
