"""A match → a finding: what happened, who did it, to what, and where the record lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from nephoscope.detect.terms import as_text, normal
from nephoscope.model.condition import Not, Term, positive
from nephoscope.model.finding import Actor, EventRef, Finding, Kind, ResourceRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nephoscope.detect.rule import About, Rule
    from nephoscope.model.condition import Condition
    from nephoscope.model.event import EventBatch

UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_SHOWN = 500  # characters of a matched value
RESOURCES = ("resources.ARN", "resources.arn", "resourceId", "repo")


@dataclass(frozen=True)
class Signal:
    """A match that correlations or Python rules have yet to judge; plain data, so that workers can send it.

    values: the fields that they ask for, as text. record: whole, for a Python rule only.
    """

    rule: str
    finding: Finding
    values: dict[str, str] = field(default_factory=dict[str, str])
    record: dict[str, Any] | None = None


class Witness:
    """Reads from a batch what its records say of who, what and where."""

    def __init__(self, batch: EventBatch) -> None:
        self.batch = batch
        self._fields = {column: name for name, column in batch.columns.items()}

    def said(self, column: str, row: int) -> str:
        """An OCSF column as text; empty if the record does not say."""
        name = self._fields.get(column)
        return self.text(name, row) if name else ""

    def text(self, name: str, row: int) -> str:
        """A field as text; the first of several."""
        value = normal(self.batch.value(name, row))
        if isinstance(value, tuple):
            value = next((one for one in value if one is not None), None)
        return "" if value is None or value is UNSET else as_text(value)

    def actor(self, row: int) -> Actor:
        """Who did it."""
        return Actor(
            uid=self.said("actor.user.uid", row),
            type=self.said("actor.user.type", row),
            name=self.said("actor.user.name", row),
            session=self.said("actor.session.uid", row),
            issuer=self.said("actor.session.issuer", row),
            credential=self.said("actor.user.credential_uid", row),
            ip=self.said("src_endpoint.ip", row),
            user_agent=self.said("http_request.user_agent", row),
        )

    def resource(self, row: int) -> ResourceRef:
        """What it was done to, where the record names it."""
        named = self.said("resource_uids", row)
        return ResourceRef(
            id=named or next(filter(None, (self.text(name, row) for name in RESOURCES)), ""),
            account=self.said("cloud.account.uid", row) or self.said("actor.user.account.uid", row),
            region=self.said("cloud.region", row),
        )

    def event(self, row: int) -> EventRef:
        """The record, and where it lies; one without an id goes by its place."""
        index = self.batch.index(row)
        return EventRef(
            uid=self.said("metadata.uid", row) or f"{self.batch.origin}#{index}",
            time=self.batch.time(row),
            source=self.batch.source,
            object=self.batch.origin,
            index=index,
            operation=self.said("api.operation", row),
        )

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
        value = normal(self.batch.value(name, row))
        if isinstance(value, tuple):
            return [_cut(one) for one in value[:20]]
        return _cut(value)


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
