"""A match → a finding: what happened, who did it, to what, and where the record lies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from nephoscope.detect.terms import as_text
from nephoscope.model.condition import Not, Term, positive
from nephoscope.model.finding import Actor, EventRef, Finding, Kind, ResourceRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nephoscope.detect.columns import Columns
    from nephoscope.detect.rule import About, Rule
    from nephoscope.model.condition import Condition
    from nephoscope.model.event import EventBatch

UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_SHOWN = 500  # characters of a matched value
RESOURCES = {"aws": ("resources.ARN",), "azure": ("resourceId",), "github": ("repo", "org")}  # by product
ACTOR = (  # in the order of Actor's parts
    "actor.user.uid",
    "actor.user.type",
    "actor.user.name",
    "actor.session.uid",
    "actor.session.issuer",
    "actor.user.credential_uid",
    "src_endpoint.ip",
    "http_request.user_agent",
)
PLACE = ("cloud.account.uid", "actor.user.account.uid", "cloud.region")


class Signal(msgspec.Struct, frozen=True):
    """A match that correlations or Python rules have yet to judge; plain data, so that workers can send it.

    uid: what makes it the same match when it is met again. values: the fields that correlations ask for, as text.
    finding, record: for a Python rule only; what it would make, and the record whole.
    """

    rule: str
    uid: str
    event: EventRef
    actor: Actor
    resource: ResourceRef
    values: dict[str, str] = {}
    finding: Finding | None = None
    record: dict[str, Any] | None = None


class Witness:
    """Reads from a batch what its records say of who, what and where."""

    def __init__(self, batch: EventBatch, columns: Columns) -> None:
        self.batch = batch
        self.columns = columns
        self._fields = {column: name for name, column in batch.columns.items()}
        self._actor = [self._reader(column) for column in ACTOR]
        self._place = [self._reader(column) for column in PLACE]
        self._uid = self._reader("metadata.uid")
        self._operation = self._reader("api.operation")
        self._actors: dict[tuple[Any, ...], Actor] = {}
        self._places: dict[tuple[Any, ...], ResourceRef] = {}
        self._events: dict[int, EventRef] = {}

    def _reader(self, column: str) -> Callable[[int], Any]:
        """From a row to the value of an OCSF column."""
        name = self._fields.get(column)
        return self.columns.reader(name) if name else lambda _: None

    def text(self, name: str, row: int) -> str:
        """A field as text; the first of several."""
        return said(self.columns.cell(name, row))

    def actor(self, row: int) -> Actor:
        """Who did it."""
        key = tuple([read(row) for read in self._actor])
        found = self._actors.get(key)
        if found is None:
            found = self._actors[key] = Actor(*map(said, key))
        return found

    def place(self, row: int) -> ResourceRef:
        """In which account and region."""
        key = tuple([read(row) for read in self._place])
        found = self._places.get(key)
        if found is None:
            account, callers, region = map(said, key)
            found = self._places[key] = ResourceRef(account=account or callers, region=region)
        return found

    def resource(self, row: int) -> ResourceRef:
        """What it was done to, where the record names it."""
        names = RESOURCES.get(self.batch.log_source.product, ())
        named = next(filter(None, (self.text(name, row) for name in names)), "")
        place = self.place(row)
        return replace(place, id=named) if named else place

    def event(self, row: int) -> EventRef:
        """The record, and where it lies; one without an id goes by its place."""
        found = self._events.get(row)
        if found is None:
            index = self.batch.index(row)
            found = self._events[row] = EventRef(
                uid=said(self._uid(row)) or f"{self.batch.origin}#{index}",
                time=self.batch.time(row),
                source=self.batch.source,
                object=self.batch.origin,
                index=index,
                operation=said(self._operation(row)),
            )
        return found

    def signal(self, rule: str, row: int, fields: tuple[str, ...]) -> Signal:
        """A match for correlations that ask for these fields."""
        event = self.event(row)
        values = {name: self.text(name, row) for name in fields}
        return Signal(rule, event.uid, event, self.actor(row), self.place(row), values)

    def finding(self, about: About, row: int, fields: tuple[str, ...] = (), reason: str = "") -> Finding:
        """The finding that a rule makes of a record.

        fields: those that the rule looked at; they stand in `detail`.
        """
        event = self.event(row)
        shown = {name: self._shown(name, row) for name in dict.fromkeys((*fields, *about.fields))}
        return Finding(
            kind=Kind.DETECTION,
            rule=about.id,
            title=about.title,
            severity=about.severity,
            subject=(event.uid,),
            time=event.time or UNKNOWN_TIME,
            reason=reason,
            resource=self.resource(row),
            actor=self.actor(row),
            events=(event,),
            tags=about.tags,
            detail={"matched": {name: value for name, value in shown.items() if value is not UNSET}},
        )

    def _shown(self, name: str, row: int) -> Any:
        value = self.columns.cell(name, row)
        if isinstance(value, tuple):
            return [_cut(one) for one in value[:20]]
        return _cut(value)


def said(value: Any) -> str:
    """A normal value as text; the first of several, empty if there is none."""
    if value.__class__ is str:
        return value
    if isinstance(value, tuple):
        value = next((one for one in value if one is not None), None)
    return "" if value is None or value is UNSET else as_text(value)


def _cut(value: Any) -> Any:
    return f"{value[:LONGEST_SHOWN]}…" if isinstance(value, str) and len(value) > LONGEST_SHOWN else value


def fields_of(rule: Rule) -> tuple[str, ...]:
    """The fields whose values made a rule match."""
    return tuple(dict.fromkeys(_asserted(positive(rule.condition))))


def _asserted(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Term):
        if condition.field:
            yield condition.field
    elif not isinstance(condition, Not):
        for part in condition.parts:
            yield from _asserted(part)
