"""The list of events, one whole, and how many over time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.model.event import COLUMNS as OCSF
from nephoscope.model.query import Ago, And, Compare, Field, Op, Type, compares
from nephoscope.portal.keys import key, parts
from nephoscope.portal.listing import parsed
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.events import Bucket, Event, EventRow, Histogram
from nephoscope.portal.sources import LakeSource
from nephoscope.store.events import events_by_uid
from nephoscope.store.finding_list import findings_with_event
from nephoscope.store.lake_lists import LakeList, histogram
from nephoscope.store.query_lake import ZONED

if TYPE_CHECKING:
    from datetime import datetime

    from nephoscope.model.event import Column
    from nephoscope.portal.caller import Caller

FACETS = (
    "metadata.log_name",
    "cloud.account.uid",
    "cloud.region",
    "api.service.name",
    "api.operation",
    "api.response.error",
    "actor.user.type",
    "actor.user.uid",
    "src_endpoint.ip",
    "disposition",
    "is_read_only",
)
SHORT = {
    "account": "cloud.account.uid",
    "region": "cloud.region",
    "source": "metadata.log_name",
    "uid": "metadata.uid",
    "service": "api.service.name",
    "operation": "api.operation",
    "error": "api.response.error",
    "actor": "actor.user.uid",
    "ip": "src_endpoint.ip",
    "user_agent": "http_request.user_agent",
}
TEXTS = ("api.request.data", "api.response.data", "api.response.message", "unmapped", "http_request.user_agent")
HIDDEN = ("raw_data", "origin.batch")


def _field(column: Column) -> Field:
    kind, name = column.type, column.name
    type_ = Type.TEXT if name in TEXTS or name == "actor.user.uid" else Type.WORD
    if "DateTime64" in kind:
        type_ = Type.TIME
    elif "Int" in kind:
        type_ = Type.NUMBER
    elif "Bool" in kind:
        type_ = Type.BOOL
    return Field(name, type_, "", (), name in FACETS, name == "time", kind.startswith("Array"))


LONG = {column.name: _field(column) for column in OCSF if column.name not in HIDDEN}
FIELDS = LONG | {
    short: Field(short, LONG[name].type, f"the same as {name}", (), False, False, LONG[name].is_many)
    for short, name in SHORT.items()
}
COLUMNS = {name: f"`{SHORT.get(name, name)}`" for name in FIELDS}
SHOWN = tuple(field.alias or name for name, field in EventRow.model_fields.items() if name != "key")
SEARCHED = (
    "metadata.uid",
    "api.operation",
    "api.service.name",
    "api.response.error",
    "actor.user.uid",
    "actor.user.name",
    "actor.user.credential_uid",
    "src_endpoint.ip",
    "http_request.user_agent",
    "api.request.data",
    "api.response.data",
    "unmapped",
)
WORDS = "concatWithSeparator(' ', " + ", ".join(f"ifNull(toString(`{name}`), '')" for name in SEARCHED) + ")"
LISTING = LakeList(
    "events",
    "events",
    FIELDS,
    COLUMNS,
    (("cloud.account.uid", "String"), ("metadata.uid", "String")),
    {"time": ZONED},
    SHOWN,
    "cloud.account.uid",
    WORDS,
    "-time",
)
BUCKETS = 96
DAY = timedelta(days=1)


def shown(_: Caller, rows: list[dict[str, Any]]) -> list[EventRow]:
    """Rows as the list shows them."""
    return [EventRow(**row, key=key(row["cloud.account.uid"], row["metadata.uid"])) for row in rows]


SOURCE = LakeSource(LISTING, shown)


def whole(me: Caller, name: str) -> Event:
    """An event in scope with what it is made of. Raises `not-found`."""
    account, uid = parts(name, 2)
    found = events_by_uid(me.portal.lake, account, [uid]) if me.scope.is_all or me.scope.holds(account) else []
    if not found:
        raise ProblemError("not-found", "There is no event of this key")
    row = found[0]
    with me.portal.ledger.read() as connection:
        findings = findings_with_event(connection, uid, me.scope)
    given = {name: value for name, value in row.items() if value not in (None, "", []) and name not in JSON}
    decoded = {name: _decoded(row[column]) for column, name in JSON.items()}
    return Event(key=name, record=given, findings=findings, **decoded)


JSON = {"api.request.data": "request", "api.response.data": "response", "unmapped": "unmapped"}


def _decoded(text: str | None) -> Any:
    try:
        return msgspec.json.decode(text) if text else None
    except msgspec.DecodeError:
        return text


def over_time(me: Caller, q: str) -> Histogram:
    """How many events of a query there are in each span of its time."""
    node, now = parsed(SOURCE, q), me.portal.clock()
    since, until = bounds([each for each in compares(node) if each.field == "time"], now)
    bounded = And((node, Compare("time", Op.AT_LEAST, since), Compare("time", Op.LESS, until)))
    step = max(timedelta(seconds=1), (until - since) / BUCKETS)
    found = histogram(me.portal.lake, LISTING, bounded, me.scope, now, "time", step)
    buckets = [Bucket(start_at=at, count=count) for at, count in found]
    return Histogram(step_s=max(1, int(step.total_seconds())), buckets=buckets)


def bounds(asked: list[Compare], now: datetime) -> tuple[datetime, datetime]:
    """The span that comparisons of a time leave; else the last day."""
    moments = [(each.op, now - each.value.span if isinstance(each.value, Ago) else each.value) for each in asked]
    since: list[Any] = [moment for op, moment in moments if op in (Op.MORE, Op.AT_LEAST)]
    until: list[Any] = [moment for op, moment in moments if op in (Op.LESS, Op.AT_MOST)]
    end = min(until, default=now)
    begin = max(since, default=end - DAY)
    return (begin, end) if begin < end else (end - DAY, end)
