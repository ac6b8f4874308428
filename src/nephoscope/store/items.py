"""Configuration items in the lake: every revision, who made it, and the state as of any moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.model.item import Item, Relationship
from nephoscope.store.tables import storable_json, to_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pyarrow as pa

    from nephoscope.store.lake import Lake, LakeReader

ItemKey = tuple[str, str, str, str]  # account, region, type, id: `Item.key`
JSON_COLUMNS = ("configuration", "observed", "not_collected", "relationships", "tags", "attribution")
TEXT_COLUMNS = ("account", "region", "type", "id", "digest", "previous_digest", "arn", "name", *JSON_COLUMNS)
KEY = "account, region, type, id"
PAGE = 5_000
AFTER = ("after_account", "after_region", "after_type", "after_id")
LATEST = (
    f"SELECT * FROM items WHERE {{where}} AND ({KEY}) > ({', '.join(f'{{{name}:String}}' for name in AFTER)}) "
    f"ORDER BY {KEY}, captured_at DESC, written_at DESC LIMIT 1 BY {KEY} LIMIT {{page:UInt32}}"
)
FILTERS = (
    "({account:String} = '' OR account = {account:String}) AND ({region:String} = '' OR region = {region:String}) "
    "AND (empty({types:Array(String)}) OR type IN {types:Array(String)})"
)


@dataclass(frozen=True)
class Revision:
    """An item as it became at one moment, or the end of it.

    changed: JSON pointers that differ from the revision before. attribution: who made the change, where known
    (`{"event_uid": …, "actor": {…}, "time": …}`). A revision written again (its attribution has come) replaces itself.
    """

    item: Item
    digest: str
    captured_at: datetime
    previous_digest: str = ""
    is_deleted: bool = False
    changed: tuple[str, ...] = ()
    attribution: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class ItemFilter:
    """Which items; what is empty does not narrow."""

    account: str = ""
    region: str = ""
    types: tuple[str, ...] = ()

    def parameters(self) -> dict[str, Any]:
        return {"account": self.account, "region": self.region, "types": list(self.types)}


def digest_of(item: Item) -> str:
    """The digest of an item's durable part: what a new revision is made for."""
    durable = {
        "configuration": item.configuration,
        "not_collected": item.not_collected,
        "relationships": sorted((each.kind, each.type, each.id) for each in item.relationships),
        "tags": item.tags,
        "arn": item.arn,
        "name": item.name,
    }
    text = msgspec.json.encode(storable_json(msgspec.to_builtins(durable)), order="deterministic")
    return hashlib.sha256(text).hexdigest()[:32]


def insert_revisions(lake: Lake, revisions: Sequence[Revision], token: str) -> None:
    """Add revisions; the same token, or the same revision (key, moment, digest), adds nothing a second time."""
    if revisions:
        lake.insert("items", _table(revisions), token)


def _table(revisions: Sequence[Revision]) -> pa.Table:
    import pyarrow as pa

    now = datetime.now(UTC)
    rows = [_row(revision) for revision in revisions]
    columns: dict[str, pa.Array] = {name: pa.array([row[name] for row in rows], pa.string()) for name in TEXT_COLUMNS}
    columns["captured_at"] = pa.array([each.captured_at for each in revisions], pa.timestamp("ms", "UTC"))
    columns["written_at"] = pa.array([now] * len(rows), pa.timestamp("ms", "UTC"))
    columns["is_deleted"] = pa.array([each.is_deleted for each in revisions], pa.bool_())
    columns["changed"] = pa.array([storable_json(each.changed) for each in revisions], pa.list_(pa.string()))
    return pa.table(columns)


def _row(revision: Revision) -> dict[str, str]:
    item = revision.item
    plain = {
        "account": item.account,
        "region": item.region,
        "type": item.type,
        "id": item.id,
        "digest": revision.digest,
        "previous_digest": revision.previous_digest,
        "arn": item.arn,
        "name": item.name,
    }
    json = {name: to_json(getattr(item, name)) for name in JSON_COLUMNS if name != "attribution"}
    return storable_json(plain) | json | {"attribution": to_json(revision.attribution)}


def current_items(lake: LakeReader, wanted: ItemFilter | None = None, *, limit: int | None = None) -> list[Revision]:
    """The latest revision of every item that exists, in order of key."""
    return list(islice(each_latest(lake, wanted), limit))


def deleted_items(lake: LakeReader, wanted: ItemFilter | None = None, *, limit: int | None = None) -> list[Revision]:
    """The last revision of every item that exists no more, in order of key."""
    return list(islice(each_latest(lake, wanted, is_deleted=True), limit))


def items_as_of(
    lake: LakeReader, moment: datetime, wanted: ItemFilter | None = None, *, limit: int | None = None
) -> list[Revision]:
    """Every item that existed at a moment, as it was then, in order of key."""
    return list(islice(each_latest(lake, wanted, moment=moment), limit))


def each_latest(
    lake: LakeReader,
    wanted: ItemFilter | None = None,
    *,
    moment: datetime | None = None,
    is_deleted: bool = False,
    page: int = PAGE,
) -> Iterator[Revision]:
    """The last revision (until a moment) of every item that exists, or exists no more, in order of key.

    However many there are, only a page of them is in memory; what changes between two pages is skipped by none.
    """
    until = "AND captured_at <= {moment:DateTime64(3, 'UTC')}" if moment else ""
    sql = LATEST.replace("{where}", f"{FILTERS} {until}")
    asked = (wanted or ItemFilter()).parameters() | ({"moment": moment} if moment else {}) | {"page": page}
    after: ItemKey = ("", "", "", "")
    while True:
        rows = lake.rows(sql, asked | dict(zip(AFTER, after, strict=True)))
        yield from (_revision(row) for row in rows if bool(row["is_deleted"]) is is_deleted)
        if len(rows) < page:
            return
        after = _key(rows[-1])


def keys_named(lake: LakeReader, wanted: ItemFilter, name: str, *, limit: int = 100) -> list[ItemKey]:
    """The keys of the items that bear an id or an ARN now or did once, in order; the lake looks for them."""
    sql = (
        f"SELECT DISTINCT {KEY} FROM items WHERE {FILTERS} AND (id = {{name:String}} OR arn = {{name:String}}) "
        f"ORDER BY {KEY} LIMIT {{limit:UInt32}}"
    )
    return [_key(row) for row in lake.rows(sql, wanted.parameters() | {"name": name, "limit": limit})]


def item_history(lake: LakeReader, key: ItemKey, *, limit: int = 1_000) -> list[Revision]:
    """Every revision of one item, the newest first."""
    sql = (
        "SELECT * FROM items WHERE account = {account:String} AND region = {region:String} AND type = {type:String} "
        "AND id = {id:String} ORDER BY captured_at DESC, written_at DESC LIMIT {limit:UInt32}"
    )
    named = dict(zip(("account", "region", "type", "id"), key, strict=True))
    return [_revision(row) for row in lake.rows(sql, named | {"limit": limit})]


def latest_revisions(lake: LakeReader, keys: Collection[ItemKey], *, each: int = 1) -> dict[ItemKey, list[Revision]]:
    """The last revisions of several items, the newest first; an item that was never seen is left out.

    each: how many of one item.
    """
    sql = (
        "SELECT * FROM items WHERE account IN {accounts:Array(String)} AND type IN {types:Array(String)} "
        f"AND id IN {{ids:Array(String)}} ORDER BY captured_at DESC, written_at DESC LIMIT {{each:UInt32}} BY {KEY}"
    )
    accounts, _, types, ids = (sorted(set(part)) for part in zip(*keys, strict=True)) if keys else ((), (), (), ())
    found: dict[ItemKey, list[Revision]] = {}
    for row in lake.rows(sql, {"accounts": accounts, "types": types, "ids": ids, "each": each}) if keys else ():
        if _key(row) in keys:
            found.setdefault(_key(row), []).append(_revision(row))
    return found


def revisions_between(
    lake: LakeReader, since: datetime, until: datetime, wanted: ItemFilter | None = None, *, limit: int = 10_000
) -> list[Revision]:
    """What changed with since ≤ moment < until, the newest first."""
    sql = (
        f"SELECT * FROM items WHERE {FILTERS} AND captured_at >= {{since:DateTime64(3, 'UTC')}} "
        f"AND captured_at < {{until:DateTime64(3, 'UTC')}} ORDER BY captured_at DESC, {KEY} LIMIT {{limit:UInt32}}"
    )
    parameters = (wanted or ItemFilter()).parameters() | {"since": since, "until": until, "limit": limit}
    return [_revision(row) for row in lake.rows(sql, parameters)]


def current_digests(lake: LakeReader, wanted: ItemFilter | None = None) -> dict[ItemKey, str]:
    """The latest digest of every item that exists: what a pass compares with, without reading configurations."""
    sql = (
        f"SELECT {KEY}, argMax(digest, captured_at) AS digest, argMax(is_deleted, captured_at) AS is_deleted "
        f"FROM items WHERE {FILTERS} GROUP BY {KEY}"
    )
    rows = lake.rows(sql, (wanted or ItemFilter()).parameters())
    return {_key(row): row["digest"] for row in rows if not row["is_deleted"]}


def _key(row: Mapping[str, Any]) -> ItemKey:
    return (row["account"], row["region"], row["type"], row["id"])


def _revision(row: Mapping[str, Any]) -> Revision:
    json = {name: msgspec.json.decode(row[name]) for name in JSON_COLUMNS}
    item = Item(
        type=row["type"],
        id=row["id"],
        account=row["account"],
        region=row["region"],
        configuration=json["configuration"],
        observed=json["observed"],
        not_collected=json["not_collected"],
        relationships=tuple(_relationships(json["relationships"])),
        arn=row["arn"],
        name=row["name"],
        tags=json["tags"],
        captured_at=row["captured_at"],
    )
    return Revision(
        item,
        row["digest"],
        row["captured_at"],
        row["previous_digest"],
        bool(row["is_deleted"]),
        tuple(row["changed"]),
        json["attribution"],
    )


def _relationships(found: list[dict[str, str]]) -> Iterator[Relationship]:
    for each in found:
        yield Relationship(each["kind"], each["type"], each["id"])
