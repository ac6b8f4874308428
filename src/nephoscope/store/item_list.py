"""The list of resources as they are now: what a query may ask of it, and all that a query selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.store.lake_lists import CURRENT_ITEMS, LakeList, page, place
from nephoscope.store.query_lake import ZONED
from nephoscope.store.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from nephoscope.model.query import Node
    from nephoscope.store.lake import LakeReader

AT_ONCE = 5_000
FIELDS = {
    field.name: field
    for field in (
        Field("account", Type.WORD, "the account's id", is_facet=True, is_sortable=True),
        Field("region", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("type", Type.WORD, "CloudFormation's, AWS::S3::Bucket", is_facet=True, is_sortable=True),
        Field("id", Type.WORD, "CloudFormation's primary identifier", is_sortable=True),
        Field("name", Type.TEXT, "", is_sortable=True),
        Field("arn", Type.WORD, ""),
        Field("tag", Type.TEXT, "its tags, as JSON"),
        Field("configuration", Type.TEXT, "its configuration, as JSON"),
        Field("not_collected", Type.TEXT, "paths that could not be read, with causes"),
        Field("is_deleted", Type.BOOL, "whether it is gone", is_facet=True),
        Field("captured_at", Type.TIME, "when its latest revision was seen", is_sortable=True),
    )
}
COLUMNS = {name: f"`{name}`" for name in FIELDS} | {"tag": "`tags`"}
LISTING = LakeList(
    "items",
    CURRENT_ITEMS,
    FIELDS,
    COLUMNS,
    (("account", "String"), ("region", "String"), ("type", "String"), ("id", "String")),
    {name: "String" for name in FIELDS} | {"captured_at": ZONED},
    ("account", "region", "type", "id", "name", "arn", "tags", "captured_at", "digest", "is_deleted", "not_collected"),
    "account",
    "concat(id, '\\n', name, '\\n', arn, '\\n', tags, '\\n', type)",
    "type,id",
)


def selected_items(lake: LakeReader, node: Node, now: datetime) -> Iterator[dict[str, Any]]:
    """Every row of the list that a query selects, whatever its account, in the order of account, region, type, id."""
    after: list[Any] | None = None
    while True:
        rows = page(lake, LISTING, node, Scope.everything(), now, sort=(), after=after, limit=AT_ONCE)
        yield from rows
        if len(rows) < AT_ONCE:
            return
        after = place(LISTING, (), rows[-1])
