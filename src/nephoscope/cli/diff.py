"""`nephoscope diff`: two moments, or two files of items → what differs, and who did it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nephoscope.cli._store import chosen_format, configured, moment, print_rows
from nephoscope.cli.output import Exit, warn
from nephoscope.model.change import Change, Kind, changes
from nephoscope.model.coverage import Gap
from nephoscope.model.errors import MissingExtra, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nephoscope.config import Config
    from nephoscope.model.item import Item
    from nephoscope.store.items import ItemKey, Revision
    from nephoscope.store.lake import LakeReader

Row = dict[str, Any]
Key = tuple[str, str, str, str]
OF_FILES = ("type", "id", "region", "path", "kind", "before", "after")
OF_HISTORY = ("at", "path", "kind", "before", "after", "actor", "operation", "event_uid")


def diff(
    before: Annotated[str, typer.Argument(metavar="A.jsonl|TYPE", help="Earlier items, or a resource type.")],
    after: Annotated[str, typer.Argument(metavar="B.jsonl|ID", help="Later items, or a resource's id.")],
    since: Annotated[str, typer.Option("--from", metavar="TIME", help="24h, 7d or an ISO time; else all.")] = "",
    until: Annotated[str, typer.Option("--to", metavar="TIME", help="24h, 7d or an ISO time; else now.")] = "",
    account: Annotated[str, typer.Option(help="The resource's account, if several have one of that id.")] = "",
    region: Annotated[str, typer.Option(help="Its region, likewise.")] = "",
    config: Annotated[Path | None, typer.Option(help="nephoscope.toml; else ./nephoscope.toml")] = None,
    data: Annotated[Path | None, typer.Option(help="The data folder; else as configured.")] = None,
    format: Annotated[str, typer.Option(metavar="table|jsonl|csv")] = "",
) -> int:
    """Say what changed between two moments of a resource, or between two files of items, and who changed it.

    Exits with 1 if something differs.

    Example: nephoscope diff AWS::S3::Bucket company-logs --from 7d

    Example: nephoscope diff yesterday.jsonl today.jsonl --format csv
    """
    kind = chosen_format(format)
    if "::" in before:
        rows = _of_resource(configured(config, data), (account, region, before, after), _span(since, until))
        return Exit.FINDINGS if print_rows(rows, OF_HISTORY, kind) else Exit.NOTHING
    earlier, gaps = _items(Path(before))
    later, more = _items(Path(after))
    found = print_rows(_of_items(earlier, later), OF_FILES, kind)
    for gap in (*gaps, *more):
        warn(f"not seen: {gap.subject}: {gap.cause}")
    if found:
        return Exit.FINDINGS
    return Exit.UNSEEN if gaps or more else Exit.NOTHING


def _items(file: Path) -> tuple[dict[Key, Item], list[Gap]]:
    from nephoscope.assess.items import read_items

    try:
        with file.open("rb") as lines:
            found = list(read_items(lines, str(file)))
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="A.jsonl B.jsonl") from None
    items = {one.key: one for one in found if not isinstance(one, Gap)}
    return items, [one for one in found if isinstance(one, Gap)]


def _of_items(before: dict[Key, Item], after: dict[Key, Item]) -> Iterator[Row]:
    for key in sorted(before.keys() | after.keys()):
        account, region, type_, id_ = key
        where = {"type": type_, "id": id_, "account": account, "region": region}
        yield from (where | _shown(change) for change in _differences(before.get(key), after.get(key)))


def _differences(before: Item | None, after: Item | None) -> tuple[Change, ...]:
    """The changes of a resource; one of all of it when it came or went."""
    if before is None:
        return (Change("", Kind.ADDED),)
    if after is None:
        return (Change("", Kind.REMOVED),)
    return changes(before, after)


def _shown(change: Change) -> Row:
    return {"path": change.path, "kind": change.kind.value, "before": change.before, "after": change.after}


def _span(since: str, until: str) -> tuple[datetime, datetime]:
    first = moment(since, "--from") or datetime.min.replace(tzinfo=UTC)
    last = moment(until, "--to") or datetime.now(UTC)
    if first > last:
        raise typer.BadParameter("is after --to", param_hint="--from")
    return first, last


def _of_resource(config: Config, wanted: ItemKey, span: tuple[datetime, datetime]) -> list[Row]:
    try:
        from nephoscope.store.items import item_history
        from nephoscope.store.lake_socket import connect_lake
    except ImportError:
        raise MissingExtra("Reading the lake", "server") from None
    with connect_lake(config.data, config.lake_url) as lake:
        history = item_history(lake, _key(lake, wanted))
    return list(_of_history(list(reversed(history)), span))


def _key(lake: LakeReader, wanted: ItemKey) -> ItemKey:
    """The one resource that is meant. Raises StoreError if there is none, or several."""
    from nephoscope.store.items import ItemFilter, keys_named

    account, region, type_, id_ = wanted
    found = keys_named(lake, ItemFilter(account, region, (type_,)), id_)
    if not found:
        raise StoreError(f"no {type_} {id_} was ever read; `nephoscope inventory` lists what there is")
    if len(found) > 1:
        places = ", ".join(sorted(f"{one[0]} {one[1]}" for one in found))
        raise StoreError(f"there are several {type_} {id_}: in {places}; say which by --account and --region")
    return found[0]


def _of_history(history: Sequence[Revision], span: tuple[datetime, datetime]) -> Iterator[Row]:
    """The changes of every revision within the span, the oldest first; the first one ever shows as added."""
    before: Revision | None = None
    for revision in history:
        if span[0] <= revision.captured_at <= span[1]:
            yield from _of_revision(before, revision)
        before = revision


def _of_revision(before: Revision | None, revision: Revision) -> Iterator[Row]:
    earlier = before.item if before and not before.is_deleted else None
    author = revision.attribution
    by_path = {change["path"]: change for change in author.get("changes", ())}
    for change in _differences(earlier, None if revision.is_deleted else revision.item):
        made = by_path.get(change.path, {})
        is_whole = not by_path and author
        yield {
            "at": revision.captured_at.isoformat(timespec="seconds"),
            **_shown(change),
            "actor": made.get("actor") or (author.get("actor", {}).get("uid", "") if is_whole else ""),
            "operation": author.get("operation", "") if made.get("event_uid") == author.get("event_uid") else "",
            "event_uid": made.get("event_uid") or (author.get("event_uid", "") if is_whole else ""),
        }
