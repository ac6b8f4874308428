"""Events: what happened. A batch of them, read by column; the OCSF columns in which they are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

from msgspec import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence


@dataclass(frozen=True)
class LogSource:
    """Whose events a rule applies to, in Sigma's words; an empty part applies to all."""

    product: str = ""
    service: str = ""
    category: str = ""

    def covers(self, other: LogSource) -> bool:
        """Whether a rule for this log source applies to events of the other."""
        return all(
            not mine or mine == theirs
            for mine, theirs in (
                (self.product, other.product),
                (self.service, other.service),
                (self.category, other.category),
            )
        )


@dataclass(frozen=True)
class Column:
    """A typed column of the lake's `events` table: OCSF attribute path and ClickHouse type."""

    name: str
    type: str


# OCSF 1.6 attribute paths. API Activity 6003, Authentication 3002, Network Activity 4001 share the table.
COLUMNS = (
    Column("time", "DateTime64(3, 'UTC')"),
    Column("metadata.uid", "String"),
    Column("metadata.log_name", "LowCardinality(String)"),  # our source's name, `aws_cloudtrail`
    Column("class_uid", "UInt32"),
    Column("activity_id", "UInt8"),
    Column("status_id", "UInt8"),  # 0 unknown, 1 success, 2 failure
    Column("cloud.provider", "LowCardinality(String)"),
    Column("cloud.account.uid", "LowCardinality(String)"),
    Column("cloud.region", "LowCardinality(String)"),
    Column("api.operation", "LowCardinality(Nullable(String))"),
    Column("api.service.name", "LowCardinality(Nullable(String))"),
    Column("api.version", "LowCardinality(Nullable(String))"),
    Column("api.request.uid", "Nullable(String)"),
    Column("api.response.error", "LowCardinality(Nullable(String))"),
    Column("api.response.message", "Nullable(String)"),
    Column("actor.user.uid", "Nullable(String)"),  # ARN, login or object id
    Column("actor.user.type", "LowCardinality(Nullable(String))"),
    Column("actor.user.name", "Nullable(String)"),
    Column("actor.user.account.uid", "LowCardinality(Nullable(String))"),
    Column("actor.user.credential_uid", "Nullable(String)"),  # access key id
    Column("actor.session.uid", "Nullable(String)"),  # principal id, with the session's name
    Column("actor.session.issuer", "Nullable(String)"),
    Column("actor.session.is_mfa", "Nullable(Bool)"),
    Column("actor.invoked_by", "LowCardinality(Nullable(String))"),
    Column("src_endpoint.ip", "Nullable(String)"),
    Column("src_endpoint.port", "Nullable(UInt16)"),
    Column("src_endpoint.interface_uid", "Nullable(String)"),
    Column("src_endpoint.instance_uid", "Nullable(String)"),
    Column("dst_endpoint.ip", "Nullable(String)"),
    Column("dst_endpoint.port", "Nullable(UInt16)"),
    Column("http_request.user_agent", "Nullable(String)"),
    Column("connection_info.protocol_num", "Nullable(Int16)"),
    Column("connection_info.direction", "LowCardinality(Nullable(String))"),
    Column("connection_info.tcp_flags", "Nullable(UInt16)"),
    Column("traffic.bytes", "Nullable(UInt64)"),
    Column("traffic.packets", "Nullable(UInt64)"),
    Column("disposition", "LowCardinality(Nullable(String))"),  # ACCEPT, REJECT
    Column("start_time", "Nullable(DateTime64(3, 'UTC'))"),
    Column("end_time", "Nullable(DateTime64(3, 'UTC'))"),
    Column("is_read_only", "Nullable(Bool)"),
    Column("event_code", "LowCardinality(Nullable(String))"),  # the vendor's kind, `AwsApiCall`
    Column("resource_uids", "Array(String)"),
    Column("api.request.data", "Nullable(String)"),  # JSON as logged
    Column("api.response.data", "Nullable(String)"),  # JSON as logged
    Column("unmapped", "Nullable(String)"),  # JSON object: every field that no other column holds
    Column("raw_data", "Nullable(String)"),  # only where there is no object to point to
    Column("origin.object", "String"),  # where the record lies
    Column("origin.index", "UInt32"),  # its place there, from 0
    Column("origin.batch", "String"),  # the ledger's batch that brought it
)


class EventBatch(ABC):
    """Records of one log object, or of a part of it, read by column.

    Fields go by the log's own names, nested ones dotted (`userIdentity.arn`), as Sigma rules name them; a path
    goes through lists, gathering. An absent field is UNSET, a JSON null is None.
    source: our source's name. origin: the object, as path or URI; `index` gives a row's place in it.
    columns: field → OCSF column, for those that are copied as they stand.
    unreadable: records that are not rows of any batch, as (index, reason). adjusted: rows that are not quite as
    logged (a repaired time, a byte that is not UTF-8), as (index, reason). skipped: rows by which the provider says
    that it lost records, as (index, reason). reads_rows: columns cost far more than fields of a few rows.
    """

    source: str
    log_source: LogSource
    origin: str
    columns: Mapping[str, str] = MappingProxyType({})
    unreadable: Sequence[tuple[int, str]] = ()
    adjusted: Sequence[tuple[int, str]] = ()
    skipped: Sequence[tuple[int, str]] = ()
    reads_rows: ClassVar[bool] = False

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def index(self, row: int) -> int:
        """The record's place in its object, from 0."""

    @abstractmethod
    def values(self, field: str) -> Sequence[Any]:
        """One field of every record."""

    @abstractmethod
    def value(self, field: str, row: int) -> Any:
        """One field of one record; only that record's text is decoded."""

    def some(self, field: str, rows: Sequence[int]) -> Sequence[Any]:
        """One field of some records."""
        return [self.value(field, row) for row in rows]

    def keys(self, field: str, rows: Sequence[int]) -> Sequence[Hashable]:
        """Of some records, what is equal only where the field is: for what need not be done twice."""
        return rows

    def picker(self, fields: Sequence[str]) -> Callable[[int], tuple[Any, ...]]:
        """From a row to the values of several fields."""
        return lambda row: tuple([self.value(field, row) for field in fields])

    @abstractmethod
    def record(self, row: int) -> dict[str, Any]:
        """One record, whole."""

    @abstractmethod
    def text(self, row: int) -> str:
        """One record as logged, for keyword search."""

    def time(self, row: int) -> datetime | None:
        """When one record's event happened: aware UTC; None only for a bare example."""
        name = next((name for name, column in self.columns.items() if column == "time"), None)
        return moment(self.value(name, row)) if name else None

    def ocsf(self, row: int) -> dict[str, Any]:
        """One record's OCSF columns, those that it has; `time` is aware UTC and absent only from a bare example."""
        found = {column: self.value(name, row) for name, column in self.columns.items()}
        found["time"] = moment(found.get("time"))
        return {column: value for column, value in found.items() if value is not UNSET and value is not None}

    @property
    def times(self) -> Sequence[datetime | None]:
        """When each record's event happened, aware UTC; None only for a bare example that names no time."""
        name = next((name for name, column in self.columns.items() if column == "time"), "")
        return [moment(value) for value in self.values(name)]

    def filled(self) -> dict[str, Sequence[Any]]:
        """OCSF columns for the lake: of every column that any record has, each record's value, UNSET or None if none.

        Times are aware UTC; `time` and `metadata.uid` are there for every record.
        """
        return {column: self.values(name) for name, column in self.columns.items()} | {"time": self.times}


@dataclass
class RecordBatch(EventBatch):
    """Decoded records: for examples, tests and sources that arrive one by one."""

    records: Sequence[dict[str, Any]]
    source: str = "records"
    log_source: LogSource = field(default_factory=LogSource)
    origin: str = "memory"
    first: int = 0
    columns: Mapping[str, str] = field(default_factory=dict[str, str])

    def __len__(self) -> int:
        return len(self.records)

    def index(self, row: int) -> int:
        return self.first + row

    def values(self, field: str) -> list[Any]:
        return [at_path(record, field) for record in self.records]

    def value(self, field: str, row: int) -> Any:
        return at_path(self.records[row], field)

    def record(self, row: int) -> dict[str, Any]:
        return self.records[row]

    def text(self, row: int) -> str:
        from msgspec.json import encode

        return encode(self.records[row]).decode(errors="replace")


EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2106, 1, 1, tzinfo=UTC)  # what DateTime64 and OCSF tools can hold


def moment(value: Any) -> datetime | None:
    """The moment that a log's text (ISO 8601, UTC unless it says) or number (epoch s, ms, us or ns) names.

    None for what names none, and for one before 2000 or after 2105, when no cloud wrote logs.
    """
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            if found.tzinfo is not UTC:
                found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(_seconds(value), UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return found if EARLIEST <= found < LATEST else None


def _seconds(epoch: float) -> float:
    for unit in (1, 1_000, 1_000_000):
        if abs(epoch) < 1e11 * unit:
            return epoch / unit
    return epoch / 1_000_000_000


def at_path(record: Any, path: str) -> Any:
    """What stands at a dotted path of a JSON value; UNSET if nothing does.

    A key that itself holds dots wins over the nesting it suggests. Lists are gone through and gathered:
    `ipPermissions.items.cidrIp` of two items is a list of two.
    """
    if isinstance(record, dict):
        return _in_object(cast("dict[str, Any]", record), path)
    if isinstance(record, list):
        found = list(_in_list(cast("list[Any]", record), path))
        return found if found else UNSET
    return UNSET


def _in_object(record: Mapping[str, Any], path: str) -> Any:
    if path in record:
        return record[path]
    head, dot, rest = path.partition(".")
    while dot:
        if head in record:
            found = at_path(record[head], rest)
            if found is not UNSET:
                return found
        step, dot, rest = rest.partition(".")
        head = f"{head}.{step}"
    return UNSET


def _in_list(elements: Sequence[Any], path: str) -> Iterator[Any]:
    for element in elements:
        found = at_path(element, path)
        if found is UNSET:
            continue
        if isinstance(found, list):
            yield from found
        else:
            yield found
