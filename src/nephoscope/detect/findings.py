"""A match → a finding: what happened, who did it, to what, and where the record lies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from nephoscope.detect.terms import as_text
from nephoscope.model.condition import Not, Term, positive
from nephoscope.model.finding import Actor, EventRef, Finding, Kind, ResourceRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nephoscope.detect.columns import Columns
    from nephoscope.detect.rule import About, Rule
    from nephoscope.model.condition import Condition
    from nephoscope.model.event import EventBatch

UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_SHOWN = 500  # characters of a matched value
RESOURCES = {
    "aws": ("resources.ARN",),
    "azure": ("resourceId",),
    "github": ("repo", "org"),
    "linux": ("host.instance", "host.id"),
}  # by product
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
ACTOR_PARTS = len(ACTOR)
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


Sight = tuple[EventRef, Actor, ResourceRef]


class Witness:
    """Reads from a batch what its records say of who, what and where."""

    def __init__(self, batch: EventBatch, columns: Columns, rows: int = 1) -> None:
        """Rows: how many will be asked for."""
        self.batch = batch
        self.columns = columns
        self.rows = rows
        self._pick = self._logged((*ACTOR, *PLACE, "metadata.uid", "api.operation"))
        self._sights: dict[int, Sight] = {}
        self._actors: dict[tuple[Any, ...], Actor] = {}
        self._places: dict[tuple[Any, ...], ResourceRef] = {}
        self._picks: dict[tuple[str, ...], Callable[[int], tuple[Any, ...]]] = {}

    def _logged(self, columns: Sequence[str]) -> Callable[[int], tuple[Any, ...]]:
        """From a row to its values of OCSF columns; None for those that the log does not have."""
        fields = {column: name for name, column in self.batch.columns.items()}
        names = [fields[column] for column in columns if column in fields]
        if not names:
            return lambda _: (None,) * len(columns)
        pick = self.columns.picker(names, self.rows)
        if len(names) == len(columns):
            return pick
        places = [names.index(fields[column]) if column in fields else len(names) for column in columns]
        arranged = itemgetter(*places)
        return lambda row: arranged((*pick(row), None))

    def sight(self, row: int) -> Sight:
        """What a record says of itself, read once."""
        found = self._sights.get(row)
        if found is None:
            found = self._sights[row] = self._sight(row)
        return found

    def _sight(self, row: int) -> Sight:
        values = self._pick(row)
        actor, place = values[:ACTOR_PARTS], values[ACTOR_PARTS:-2]
        index = self.batch.index(row)
        event = EventRef(
            said(values[-2]) or f"{self.batch.origin}#{index}",
            self.batch.time(row),
            self.batch.source,
            self.batch.origin,
            index,
            said(values[-1]),
        )
        return event, self._actors.get(actor) or self._actor(actor), self._places.get(place) or self._place(place)

    def _actor(self, key: tuple[Any, ...]) -> Actor:
        found = self._actors[key] = Actor(*map(said, key))
        return found

    def _place(self, key: tuple[Any, ...]) -> ResourceRef:
        account, callers, region = map(said, key)
        found = self._places[key] = ResourceRef(account=account or callers, region=region)
        return found

    def text(self, name: str, row: int) -> str:
        """A field as text; the first of several."""
        return said(self.columns.cell(name, row))

    def resource(self, row: int) -> ResourceRef:
        """What it was done to, where the record names it."""
        names = RESOURCES.get(self.batch.log_source.product, ())
        named = next(filter(None, (self.text(name, row) for name in names)), "")
        place = self.sight(row)[2]
        return replace(place, id=named) if named else place

    def signal(self, rule: str, row: int, fields: tuple[str, ...]) -> Signal:
        """A match for correlations that ask for these fields."""
        event, actor, place = self.sight(row)
        pick = self._picks.get(fields) or self._picker(fields)
        return Signal(rule, event.uid, event, actor, place, dict(zip(fields, map(said, pick(row)), strict=True)))

    def _picker(self, fields: tuple[str, ...]) -> Callable[[int], tuple[Any, ...]]:
        found = self._picks[fields] = self.columns.picker(fields, self.rows)
        return found

    def finding(self, about: About, row: int, fields: tuple[str, ...] = (), reason: str = "") -> Finding:
        """The finding that a rule makes of a record.

        fields: those that the rule looked at; they stand in `detail`.
        """
        event, actor, _ = self.sight(row)
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
            actor=actor,
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
