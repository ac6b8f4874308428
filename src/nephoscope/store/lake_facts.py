"""Single facts of the lake that the portal shows: flips of verdicts, neighbours, numbers; each within a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.store.lake_lists import CURRENT_ITEMS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nephoscope.store.lake import LakeReader
    from nephoscope.store.scope import Scope

ItemKey = tuple[str, str, str, str]


def verdict_flips(lake: LakeReader, key: ItemKey, digests: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Verdicts of an item that these revisions turned, by digest, in order of time."""
    named = dict(zip(("account", "region", "type", "id"), key, strict=True))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in lake.rows(
        "SELECT `check`, previous, verdict, reason, changed_at, digest FROM verdict_changes WHERE account = "
        "{account:String} AND region = {region:String} AND type = {type:String} AND id = {id:String} "
        "AND digest IN {digests:Array(String)} ORDER BY changed_at, `check` LIMIT 2000",
        named | {"digests": list(digests)},
    ):
        found.setdefault(row["digest"], []).append(row)
    return found


def items_of_ids(lake: LakeReader, scope: Scope, account: str, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Where existing resources of these ids are: those of the account first."""
    if not ids:
        return []
    within, parameters = scope.expression("account")
    items = CURRENT_ITEMS.replace("{within}", f"{within} AND id IN {{ids:Array(String)}}")
    return lake.rows(
        f"SELECT account, region, type, id, name FROM {items} WHERE NOT is_deleted "
        "ORDER BY account != {home:String}, account, region LIMIT 1000",
        parameters | {"ids": list(ids), "home": account},
    )


def items_naming(
    lake: LakeReader, scope: Scope, account: str, type_: str, id_: str, limit: int
) -> list[dict[str, Any]]:
    """Existing resources of an account that name a resource, each with the `kinds` of its relationships to it."""
    within, parameters = scope.expression("account")
    quoted = msgspec.json.encode(id_).decode()
    items = CURRENT_ITEMS.replace("{within}", f"{within} AND account = {{home:String}}")
    rows = lake.rows(
        f"SELECT account, region, type, id, name, relationships FROM {items} WHERE NOT is_deleted AND "
        "position(relationships, {quoted:String}) > 0 ORDER BY type, id LIMIT {limit:UInt32}",
        parameters | {"home": account, "quoted": quoted, "limit": limit},
    )
    found: list[dict[str, Any]] = []
    for row in rows:
        named = msgspec.json.decode(row["relationships"])
        kinds = [each["kind"] for each in named if each["type"] == type_ and each["id"] == id_]
        found += [row | {"kinds": kinds}] if kinds else []
    return found


def change_counts(lake: LakeReader, scope: Scope, since: datetime) -> dict[str, int]:
    """Revisions since a moment: created, changed, deleted."""
    within, parameters = scope.expression("account")
    rows = lake.rows(
        "SELECT multiIf(is_deleted, 'deleted', previous_digest = '', 'created', 'changed') AS kind, count() AS n "
        f"FROM items WHERE {within} AND captured_at >= {{since:DateTime64(3, 'UTC')}} GROUP BY kind",
        parameters | {"since": since},
    )
    return dict.fromkeys(("created", "changed", "deleted"), 0) | {row["kind"]: int(row["n"]) for row in rows}


def event_counts(lake: LakeReader, scope: Scope, since: datetime) -> dict[str, tuple[int, int, datetime | None]]:
    """Of each account: events, events since a moment, when the newest happened."""
    within, parameters = scope.expression("cloud.account.uid")
    rows = lake.rows(
        "SELECT `cloud.account.uid` AS account, count() AS n, countIf(time >= {since:DateTime64(3, 'UTC')}) AS late, "
        f"max(time) AS last FROM events WHERE {within} GROUP BY account",
        parameters | {"since": since},
    )
    return {row["account"]: (int(row["n"]), int(row["late"]), row["last"]) for row in rows}


def source_ends(lake: LakeReader, scope: Scope) -> dict[str, datetime]:
    """When the newest event of each log happened, by its source's type."""
    within, parameters = scope.expression("cloud.account.uid")
    rows = lake.rows(
        f"SELECT `metadata.log_name` AS log, max(time) AS last FROM events WHERE {within} GROUP BY log", parameters
    )
    return {row["log"]: row["last"] for row in rows}


def item_counts(lake: LakeReader, scope: Scope) -> dict[str, tuple[int, datetime | None]]:
    """Of each account: resources that exist, and when the newest revision was seen."""
    within, parameters = scope.expression("account")
    rows = lake.rows(
        "SELECT account, countIf(NOT is_deleted) AS n, max(captured_at) AS last FROM "
        f"{CURRENT_ITEMS.replace('{within}', within)} GROUP BY account",
        parameters,
    )
    return {row["account"]: (int(row["n"]), row["last"]) for row in rows}
