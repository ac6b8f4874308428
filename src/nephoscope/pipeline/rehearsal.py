"""A trigger played against what has happened: when it would have fired, and what would have held it back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import ContentError
from nephoscope.respond import facts
from nephoscope.respond.trigger import asks_around
from nephoscope.store.events import events_of_operations
from nephoscope.store.finding_list import open_around
from nephoscope.store.findings import changes_since
from nephoscope.store.gaps import gaps_since
from nephoscope.store.items import revisions_between
from nephoscope.store.watched import was_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from nephoscope.model.finding import Finding
    from nephoscope.respond.trigger import Trigger
    from nephoscope.store.items import Revision
    from nephoscope.store.lake import LakeReader

SHOWN = 50


@dataclass
class Rehearsal:
    """What a trigger would have done. fired: the first ones, with their inputs. errors: why some could not be said.

    there: what was there when watching began. over_limit_at: since when it would have stood still; held: occasions
    after that.
    """

    trigger: str
    looked_at: int = 0
    times: int = 0
    quiet: int = 0
    off_duty: int = 0
    there: int = 0
    held: int = 0
    over_limit_at: datetime | None = None
    fired: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    errors: list[str] = field(default_factory=list[str])

    def said(self, days: float) -> str:
        """One sentence."""
        held = [f"{self.quiet} more within its quiet period"] if self.quiet else []
        held += [f"{self.off_duty} more off duty"] if self.off_duty else []
        held += [f"{self.there} were there when watching began"] if self.there else []
        end = ""
        if self.over_limit_at:
            since = f"{self.over_limit_at:%Y-%m-%d %H:%M} UTC"
            end = f"; it would have stood still from {since}, when {self.held} more were due"
        what = f"would have fired {_counted(self.times, 'time')} in {_counted(days, 'day')}"
        return f"{what}{' (' + ', '.join(held) + ')' if held else ''}{end}; {self.looked_at} changes looked at"


def _counted(count: float, word: str) -> str:
    return f"{count:g} {word}{'' if count == 1 else 's'}"


def rehearsed(
    trigger: Trigger,
    connection: Connection,
    lake: LakeReader | None,
    since: datetime,
    sees: Callable[[str], bool] = lambda _: True,
) -> Rehearsal:
    """Play a trigger against history; changes nothing.

    lake: needed for triggers on items and events. Findings are as they are now, their statuses as they were.
    sees: whether what happened in an account is looked at.
    """
    found = Rehearsal(trigger.name)
    last: dict[str, datetime] = {}
    recent: list[datetime] = []
    for at, values in _happened(trigger, connection, lake, since):
        if not sees(str(values.get("account", ""))):
            continue
        found.looked_at += 1
        try:
            if not trigger.fires(values):
                continue
        except ContentError as error:
            if len(found.errors) < SHOWN:
                found.errors.append(str(error))
            continue
        if not trigger.from_start and _was_there(connection, trigger.on, values, at):
            found.there += 1
            continue
        _fire(found, trigger, at, values, last, recent)
    return found


def _was_there(connection: Connection, topic: str, values: Mapping[str, Any], at: datetime) -> bool:
    return facts.may_have_been_there(topic, values) and was_there(
        connection, values["account"], values["resource_type"], at
    )


def _fire(
    found: Rehearsal,
    trigger: Trigger,
    at: datetime,
    values: dict[str, Any],
    last: dict[str, datetime],
    recent: list[datetime],
) -> None:
    occasion = trigger.occasion(values)
    if occasion in last and at - last[occasion] < timedelta(seconds=trigger.quiet_s):
        found.quiet += 1
        return
    if not trigger.is_on_duty(at):
        found.off_duty += 1
        return
    recent[:] = [each for each in recent if at - each < timedelta(seconds=trigger.limit_per_s)]
    if found.over_limit_at or len(recent) >= trigger.limit_runs:
        found.over_limit_at = found.over_limit_at or at
        found.held += 1
        return
    last[occasion] = at
    recent.append(at)
    found.times += 1
    if len(found.fired) < SHOWN:
        found.fired.append({"at": at, "playbook": trigger.playbook, "inputs": trigger.inputs(values)})


def _around(connection: Connection, finding: Finding, at: datetime) -> list[tuple[Finding, datetime]]:
    """What was open of a resource at a moment, as it is now: details are not kept as of then."""
    found = open_around(connection, finding.resource, at)
    return [(each.finding, each.first_seen_at) for each in found]


def _happened(
    trigger: Trigger, connection: Connection, lake: LakeReader | None, since: datetime
) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Everything on a trigger's topic since a moment, oldest first."""
    if trigger.on == "finding":
        for change, stored in changes_since(connection, since):
            at = change.changed_at
            around = _around(connection, stored.finding, at) if asks_around(trigger) else ()
            told = (change.status, change.previous, change.why, stored.occurrences)
            values = facts.of_finding(stored.finding, *told, around, at)
            yield at, values
    elif trigger.on == "coverage":
        yield from _coverage(connection, since)
    elif lake is not None and trigger.on == "event":
        for row in events_of_operations(lake, since, trigger.operations):
            yield facts.as_time(row["time"]), facts.of_event(row)
    elif lake is not None:
        for revision in reversed(revisions_between(lake, since, datetime.now(UTC), limit=100_000)):
            yield revision.captured_at, facts.of_item(_told(revision), revision.item.configuration)


def _coverage(connection: Connection, since: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    moments: list[tuple[datetime, dict[str, Any]]] = []
    for each in gaps_since(connection, since):
        gap = each.gap
        body = {"area": gap.area, "subject": gap.subject, "cause": gap.cause, "permission": gap.permission}
        body |= {"account": gap.account, "region": gap.region}
        for at, state in ((each.since, "open"), (each.closed_at, "closed")):
            if at is not None and at >= since:
                moments.append((at, facts.of_coverage(body | {"state": state}, at)))
    yield from sorted(moments, key=lambda one: one[0])


def _told(revision: Revision) -> dict[str, Any]:
    account, region, type_, id_ = revision.item.key
    kind = "deleted" if revision.is_deleted else "changed" if revision.previous_digest else "created"
    made = {"changed": list(revision.changed), "attribution": dict(revision.attribution)}
    place = {"account": account, "region": region, "type": type_, "id": id_}
    return place | made | {"change": kind, "captured_at": revision.captured_at}
