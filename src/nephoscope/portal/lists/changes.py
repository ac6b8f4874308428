"""The list of changes: every revision of every resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.model.query import Field, Type
from nephoscope.portal.keys import item_key, key
from nephoscope.portal.shapes.common import Actor
from nephoscope.portal.shapes.items import ChangeRow
from nephoscope.portal.sources import LakeSource
from nephoscope.store.lake_lists import REVISIONS, LakeList
from nephoscope.store.query_lake import ZONED

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller
    from nephoscope.store.items import Revision

KINDS = ("created", "changed", "deleted")
FIELDS = {
    field.name: field
    for field in (
        Field("account", Type.WORD, "the account's id", is_facet=True),
        Field("region", Type.WORD, "", is_facet=True),
        Field("type", Type.WORD, "CloudFormation's, AWS::S3::Bucket", is_facet=True),
        Field("id", Type.WORD, "the resource's id"),
        Field("name", Type.TEXT, ""),
        Field("kind", Type.WORD, "created, changed, deleted", KINDS, is_facet=True),
        Field("path", Type.TEXT, "JSON pointers of what changed", is_many=True),
        Field("actor", Type.TEXT, "who did it, where proven", is_facet=True),
        Field("operation", Type.WORD, "the call that did it", is_facet=True),
        Field("captured_at", Type.TIME, "when it was seen", is_sortable=True),
    )
}
COLUMNS = {name: f"`{name}`" for name in FIELDS} | {"path": "`changed`"}
TEXTS = ("account", "region", "type", "id", "digest")
LISTING = LakeList(
    "changes",
    REVISIONS,
    FIELDS,
    COLUMNS,
    tuple((name, "String") for name in TEXTS),
    {"captured_at": ZONED},
    (*TEXTS, "name", "captured_at", "kind", "changed", "previous_digest", "attribution"),
    "account",
    "concat(id, '\\n', name, '\\n', type, '\\n', attribution, '\\n', arrayStringConcat(changed, '\\n'))",
    "-captured_at",
)


def shown(_: Caller, rows: list[dict[str, Any]]) -> list[ChangeRow]:
    """Rows as the list shows them."""
    return [ChangeRow(**plain(row)) for row in rows]


SOURCE = LakeSource(LISTING, shown)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A revision as the list shows it."""
    attribution = row["attribution"]
    if isinstance(attribution, str):
        attribution = msgspec.json.decode(attribution)
    place = {name: row[name] for name in ("account", "region", "type", "id", "name", "captured_at", "digest")}
    return place | {
        "key": change_key(row),
        "item": item_key(row["account"], row["region"], row["type"], row["id"]),
        "kind": row["kind"],
        "paths": list(row["changed"]),
        "previous_digest": row["previous_digest"],
        **authored(row["account"], attribution),
    }


def authored(account: str, attribution: dict[str, Any]) -> dict[str, Any]:
    """Who made a revision, by which event."""
    actor = attribution.get("actor")
    who = {name: str(actor.get(name, "")) for name in Actor.model_fields} if actor else {}
    event = str(attribution.get("event_uid") or "")
    return {
        "actor": who.get("uid") or who.get("name") or who.get("type") or "",
        "actor_detail": Actor(**who) if who else None,
        "event": key(account, event) if event else "",
        "operation": str(attribution.get("operation") or ""),
    }


def change_key(row: dict[str, Any]) -> str:
    """A revision's name."""
    return key(*(row[name] for name in TEXTS), row["captured_at"].isoformat())


def row_of(revision: Revision) -> dict[str, Any]:
    """A revision as a row of the list has it."""
    account, region, type_, id_ = revision.item.key
    kind = "deleted" if revision.is_deleted else "changed" if revision.previous_digest else "created"
    return {
        "account": account,
        "region": region,
        "type": type_,
        "id": id_,
        "name": revision.item.name,
        "captured_at": revision.captured_at,
        "digest": revision.digest,
        "previous_digest": revision.previous_digest,
        "kind": kind,
        "changed": revision.changed,
        "attribution": dict(revision.attribution),
    }
