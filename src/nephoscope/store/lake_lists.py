"""Lists of the lake: items, their revisions, and events, filtered by a query within a scope and paged by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.store.query_lake import ZONED, Expression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nephoscope.model.query import Field, Node
    from nephoscope.store.lake import LakeReader
    from nephoscope.store.ledger_lists import Sort
    from nephoscope.store.scope import Scope

MOST_COUNTED = 1_000_000
# The latest revision of each resource in scope; `{within}` comes in before the latest is chosen, and after.
CURRENT_ITEMS = (
    "(SELECT * FROM items WHERE {within} ORDER BY captured_at DESC, written_at DESC "
    "LIMIT 1 BY account, region, type, id)"
)
# Every revision, with what became of the resource, and who did it where that is known.
REVISIONS = (
    "(SELECT account, region, type, id, name, captured_at, digest, previous_digest, changed, attribution, "
    "multiIf(is_deleted, 'deleted', previous_digest = '', 'created', 'changed') AS kind, "
    "JSONExtractString(attribution, 'actor', 'uid') AS actor, "
    "JSONExtractString(attribution, 'operation') AS operation FROM items WHERE {within})"
)


@dataclass(frozen=True)
class LakeList:
    """A list that lies in one table of the lake.

    source: the table, or a subselect in parentheses in which `{within}` stands for the scope. columns: field → column.
    key: (column, ClickHouse type) that tell rows apart. kinds: type of each sortable column. shown: what a page reads.
    """

    name: str
    source: str
    fields: Mapping[str, Field]
    columns: Mapping[str, str]
    key: tuple[tuple[str, str], ...]
    kinds: Mapping[str, str]
    shown: tuple[str, ...]
    account: str
    words: str
    default_sort: str
    only: str = "1"


@dataclass(frozen=True)
class Selected:
    """The FROM and WHERE of a query within a scope, with its parameters."""

    text: str
    parameters: dict[str, Any]


def matching(listing: LakeList, node: Node, scope: Scope, now: datetime) -> Selected:
    """The rows of a query within a scope."""
    expression = Expression(listing.fields, listing.columns, listing.words, now)
    wanted = expression.render(node)
    within, parameters = scope.expression(listing.account)
    source = listing.source.replace("{within}", within)
    return Selected(
        f"FROM {source} WHERE {within} AND {listing.only} AND ({wanted})", expression.parameters | parameters
    )


def page(
    lake: LakeReader,
    listing: LakeList,
    node: Node,
    scope: Scope,
    now: datetime,
    *,
    sort: Sort,
    after: Sequence[Any] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Rows in order of `sort`, then key; after: `place` of the last row of the page before."""
    selected = matching(listing, node, scope, now)
    orders = _orders(listing, sort)
    parameters = selected.parameters | {"page_limit": limit}
    where = ""
    if after is not None:
        named = {f"after{number}": value for number, value in enumerate(after)}
        parameters |= {
            name: _moment(value, kind) for (name, value), (_, kind, _) in zip(named.items(), orders, strict=True)
        }
        where = f" AND ({_past(orders, 0)})"
    ordered = ", ".join(f"`{column}` {'DESC' if descends else 'ASC'}" for column, _, descends in orders)
    shown = ", ".join(f"`{name}`" for name in listing.shown)
    return lake.rows(
        f"SELECT {shown} {selected.text}{where} ORDER BY {ordered} LIMIT {{page_limit:UInt32}}", parameters
    )


def place(listing: LakeList, sort: Sort, row: Mapping[str, Any]) -> list[Any]:
    """Where a row stands in an order: the values that `page` goes on after."""
    return [row[column] for column, _, _ in _orders(listing, sort)]


def _orders(listing: LakeList, sort: Sort) -> list[tuple[str, str, bool]]:
    by = [(listing.columns[name].strip("`"), listing.kinds[name], descends) for name, descends in sort]
    last = sort[-1][1] if sort else False
    return [*by, *((column, kind, last) for column, kind in listing.key if column not in {each[0] for each in by})]


def _moment(value: Any, kind: str) -> Any:
    return datetime.fromisoformat(value) if kind == ZONED and isinstance(value, str) else value


def _past(orders: Sequence[tuple[str, str, bool]], number: int) -> str:
    column, kind, descends = orders[number]
    value = f"{{after{number}:{kind}}}"
    beyond = f"`{column}` {'<' if descends else '>'} {value}"
    if number == len(orders) - 1:
        return beyond
    return f"{beyond} OR (`{column}` = {value} AND ({_past(orders, number + 1)}))"


def count(lake: LakeReader, listing: LakeList, node: Node, scope: Scope, now: datetime) -> tuple[int, bool]:
    """How many rows there are, and whether that is all of them: counting ends at a million."""
    selected = matching(listing, node, scope, now)
    [row] = lake.rows(
        f"SELECT count() AS n FROM (SELECT 1 {selected.text} LIMIT {MOST_COUNTED + 1})", selected.parameters
    )
    return min(row["n"], MOST_COUNTED), row["n"] <= MOST_COUNTED


def values(
    lake: LakeReader, listing: LakeList, node: Node, scope: Scope, now: datetime, name: str, limit: int
) -> list[tuple[str, int]]:
    """The most frequent values of a field, with how many rows have each."""
    selected = matching(listing, node, scope, now)
    column = listing.columns[name]
    one = f"arrayJoin({column})" if listing.fields[name].is_many else column
    rows = lake.rows(
        f"SELECT toString({one}) AS value, count() AS n {selected.text} GROUP BY value "
        "ORDER BY n DESC, value LIMIT {value_limit:UInt32}",
        selected.parameters | {"value_limit": limit},
    )
    return [(row["value"], int(row["n"])) for row in rows if row["value"] not in (None, "")]


def histogram(
    lake: LakeReader, listing: LakeList, node: Node, scope: Scope, now: datetime, name: str, step: timedelta
) -> list[tuple[datetime, int]]:
    """How many rows lie in each span of a time field, oldest first; spans without any are left out."""
    selected = matching(listing, node, scope, now)
    rows = lake.rows(
        f"SELECT toStartOfInterval({listing.columns[name]}, toIntervalSecond({{step:UInt32}})) AS at, count() AS n "
        f"{selected.text} GROUP BY at ORDER BY at",
        selected.parameters | {"step": max(1, int(step.total_seconds()))},
    )
    return [(row["at"], int(row["n"])) for row in rows]
