"""The ledger's tables as SQLAlchemy names them; `migrations/ledger.py` makes them, a test holds both alike."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Dialect, Integer, MetaData, Table, TypeDecorator
from sqlalchemy import Text as PlainText

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def storable(text: str) -> str:
    """Text that both databases take: no NUL, no half of a surrogate pair."""
    if "\x00" in text:
        text = text.replace("\x00", "\N{SYMBOL FOR NULL}")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def storable_json(value: Any) -> Any:
    """The same value with every text in it storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable_json(key): storable_json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(part) for part in value]
    return value


def to_json(value: Any) -> str:
    """JSON text of anything msgspec encodes; texts that cannot be stored are mended."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(storable_json(msgspec.to_builtins(value))).decode()


def to_micros(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def key_of(*parts: str) -> str:
    """A short key for parts of any length: 32 hex digits."""
    return hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


class Text(TypeDecorator[str]):
    """Text from outside."""

    impl = PlainText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(str(value))


class Json(TypeDecorator[Any]):
    """A JSON value as text."""

    impl = PlainText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else msgspec.json.decode(value)


class Moment(TypeDecorator[datetime]):
    """An aware UTC time, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


METADATA = MetaData()


def define(name: str, keys: str, /, **columns: Any) -> Table:
    """A table. keys: the names of its primary key, apart by spaces."""
    primary = keys.split()
    made = [Column(column, kind, primary_key=column in primary) for column, kind in columns.items()]
    return Table(name, METADATA, *made)


APPLIED = define("migrations", "number", number=Integer, name=Text, applied_at=Moment)
BATCHES = define(
    "batches",
    "id",
    id=Text,
    source=Text,
    state=Text,
    objects=Json,
    recorded_at=Moment,
    done_at=Moment,
    attempt=Integer,
)
SEEN = define(
    "seen",
    "key",
    key=Text,
    folder=Text,
    source=Text,
    uri=Text,
    version=Text,
    sha256=Text,
    account=Text,
    region=Text,
    hour_at=Moment,
    delivered_at=Moment,
    records=BigInteger,
    unreadable=BigInteger,
    batch=Text,
    seen_at=Moment,
)
HOURS = define(
    "hours",
    "source account region start_at",
    source=Text,
    account=Text,
    region=Text,
    start_at=Moment,
    state=Text,
    reasons=Json,
    changed_at=Moment,
)
HOUR_CHANGES = define(
    "hour_changes",
    "source account region start_at changed_at",
    source=Text,
    account=Text,
    region=Text,
    start_at=Moment,
    changed_at=Moment,
    previous=Text,
    state=Text,
    reasons=Json,
)
CHAIN_HEADS = define(
    "chain_heads",
    "source account region trail",
    source=Text,
    account=Text,
    region=Text,
    trail=Text,
    head=Json,
    updated_at=Moment,
)
GAPS = define(
    "gaps",
    "key",
    key=Text,
    area=Text,
    subject=Text,
    account=Text,
    region=Text,
    cause=Text,
    permission=Text,
    since=Moment,
    last_at=Moment,
    times=BigInteger,
    closed_at=Moment,
)
FINDINGS = define(
    "findings",
    "uid",
    uid=Text,
    kind=Text,
    rule=Text,
    title=Text,
    severity=Text,
    severity_rank=Integer,
    status=Text,
    revision=Integer,
    first_seen_at=Moment,
    last_seen_at=Moment,
    occurrences=BigInteger,
    reason=Text,
    account=Text,
    region=Text,
    resource_type=Text,
    resource_id=Text,
    actor=Text,
    body=Json,
    change=Json,
    waiver=Text,
    resolved_at=Moment,
    resolved_why=Text,
    search=Text,
    acknowledged_by=Text,
    acknowledged_at=Moment,
)
FINDING_HISTORY = define(
    "finding_history",
    "uid revision",
    uid=Text,
    revision=Integer,
    changed_at=Moment,
    previous=Text,
    status=Text,
    why=Text,
)
OUTBOX = define("outbox", "sink key", sink=Text, key=Text, body=Json, changes=Integer, made_at=Moment)
VERDICTS = define(
    "verdicts",
    "item check_id",
    item=Text,
    check_id=Text,
    verdict=Text,
    reason=Text,
    changed_at=Moment,
    failing_since=Moment,
)
ASSESSED = define(
    "assessed", "item", item=Text, account=Text, region=Text, type=Text, id=Text, digest=Text, assessed_at=Moment
)
WAIVERS = define(
    "waivers",
    "uid",
    uid=Text,
    scope=Text,
    reason=Text,
    owner=Text,
    requested_by=Text,
    requested_at=Moment,
    expires_at=Moment,
    approved_by=Text,
    approved_at=Moment,
    revoked_by=Text,
    revoked_at=Moment,
)
STATE = define("state", "name", name=Text, body=Json, updated_at=Moment)
FEED = define("feed", "number", number=BigInteger, topic=Text, key=Text, body=Json, made_at=Moment)
