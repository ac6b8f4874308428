"""The lake's tables, as numbered migrations that only ever add.

Every statement may be repeated. On a cluster each node holds `NAME_local` and the distributed table `NAME` over them;
rows of one account lie on one node, so that a replayed row meets the one it replaces. Alone, `NAME` is the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.event import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKENS_KEPT = 10_000
ZONED = "DateTime64(3, 'UTC')"
NAME = "LowCardinality(String)"


@dataclass(frozen=True)
class LakeTable:
    """A table of facts; rows equal in `key` are one row, the one with the highest `version` (or the last) stays."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    shard: str
    month: str = ""
    version: str = ""


@dataclass(frozen=True)
class Migration:
    """One numbered step; a later one adds tables or columns, sets how a table is kept, and takes nothing away."""

    number: int
    name: str
    tables: tuple[LakeTable, ...] = ()
    columns: tuple[tuple[LakeTable, str, str], ...] = ()
    settings: tuple[tuple[LakeTable, str, int], ...] = ()


EVENTS = LakeTable(
    "events",
    tuple((column.name, column.type) for column in COLUMNS),
    key=("cloud.account.uid", "time", "metadata.uid"),
    shard="cloud.account.uid",
    month="time",
)

ITEMS = LakeTable(
    "items",
    (
        ("account", NAME),
        ("region", NAME),
        ("type", NAME),
        ("id", "String"),
        ("captured_at", ZONED),
        ("digest", "String"),
        ("previous_digest", "String"),
        ("is_deleted", "Bool"),
        ("arn", "String"),
        ("name", "String"),
        ("configuration", "String"),
        ("observed", "String"),
        ("not_collected", "String"),
        ("relationships", "String"),
        ("tags", "String"),
        ("changed", "Array(String)"),
        ("attribution", "String"),
        ("written_at", ZONED),
    ),
    key=("account", "region", "type", "id", "captured_at", "digest"),
    shard="account",
    month="captured_at",
    version="written_at",
)

FINDING_CHANGES = LakeTable(
    "finding_changes",
    (
        ("uid", "String"),
        ("revision", "UInt32"),
        ("changed_at", ZONED),
        ("status", NAME),
        ("previous_status", NAME),
        ("why", "String"),
        ("kind", NAME),
        ("rule", NAME),
        ("title", "String"),
        ("severity", NAME),
        ("account", NAME),
        ("region", NAME),
        ("resource_type", NAME),
        ("resource_id", "String"),
        ("actor", "String"),
    ),
    key=("uid", "revision"),
    shard="account",
)

VERDICT_CHANGES = LakeTable(
    "verdict_changes",
    (
        ("account", NAME),
        ("region", NAME),
        ("type", NAME),
        ("id", "String"),
        ("check", NAME),
        ("changed_at", ZONED),
        ("verdict", NAME),
        ("previous", NAME),
        ("reason", "String"),
        ("digest", "String"),
    ),
    key=("account", "region", "type", "id", "check", "changed_at"),
    shard="account",
)

APPLIED = LakeTable(
    "migrations",
    (("number", "UInt32"), ("name", "String"), ("applied_at", ZONED)),
    key=("number",),
    shard="number",
    version="applied_at",
)

MIGRATIONS = (
    Migration(1, "events", (EVENTS,)),
    Migration(2, "items", (ITEMS,)),
    Migration(3, "changes", (FINDING_CHANGES, VERDICT_CHANGES)),
    # A part in one file instead of three for each column, until it is large; merged when there are many. Making and
    # syncing files was half of what an insert cost, merging half of the rest.
    Migration(
        4,
        "fewer_files",
        settings=((EVENTS, "min_bytes_for_wide_part", 512 << 20), (EVENTS, "min_parts_to_merge_at_once", 10)),
    ),
)


def statements(migration: Migration, cluster: str) -> Iterator[str]:
    """What one node runs for a migration; cluster: its name, or empty for a lake that stands alone."""
    for table in migration.tables:
        yield from create(table, cluster)
    for table, name, kind in migration.columns:
        yield from add_column(table, name, kind, cluster)
    for table, name, value in migration.settings:
        yield f"ALTER TABLE {_local(table, cluster)} MODIFY SETTING {name} = {value}"


def _local(table: LakeTable, cluster: str) -> str:
    return f"{table.name}_local" if cluster else table.name


def create(table: LakeTable, cluster: str) -> Iterator[str]:
    """Make a table where there is none."""
    columns = ", ".join(f"`{name}` {kind}" for name, kind in table.columns)
    local = _local(table, cluster)
    month = f"PARTITION BY toYYYYMM(`{table.month}`) " if table.month else ""
    version = f"`{table.version}`" if table.version else ""
    key = ", ".join(f"`{name}`" for name in table.key)
    yield (
        f"CREATE TABLE IF NOT EXISTS {local} ({columns}) ENGINE = ReplacingMergeTree({version}) {month}"
        f"ORDER BY ({key}) SETTINGS non_replicated_deduplication_window = {TOKENS_KEPT}, "
        "fsync_after_insert = 1, fsync_part_directory = 1"
    )
    if cluster:
        yield (
            f"CREATE TABLE IF NOT EXISTS {table.name} AS {local} "
            f"ENGINE = Distributed('{cluster}', currentDatabase(), {local}, cityHash64(`{table.shard}`))"
        )


def add_column(table: LakeTable, name: str, kind: str, cluster: str) -> Iterator[str]:
    """Add a column where it is not there yet."""
    for each in (f"{table.name}_local", table.name) if cluster else (table.name,):
        yield f"ALTER TABLE {each} ADD COLUMN IF NOT EXISTS `{name}` {kind}"
