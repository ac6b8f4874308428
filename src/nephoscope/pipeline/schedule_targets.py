"""A schedule → what it is about now: the items that its queries and tags select, its paths, or all there is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.model.errors import ContentError, StoreError
from nephoscope.model.finding import ResourceRef
from nephoscope.model.query import And, Compare, Op, Or
from nephoscope.model.schedule import LooksAt, Selector
from nephoscope.query import parse
from nephoscope.store.item_list import FIELDS, selected_items

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import datetime

    from nephoscope.model.query import Node
    from nephoscope.model.schedule import Kind, Schedule
    from nephoscope.store.lake import LakeReader

Key = tuple[str, str, str, str]  # account, region, type, id
MOST = 200_000
EVERYTHING = "everything"


def targets_of(
    schedule: Schedule, kind: Kind, lake: LakeReader | None, now: datetime, chosen: Collection[Key] | None = None
) -> list[tuple[ResourceRef, str]]:
    """Each target with the group that it belongs to, in a fixed order.

    lake: where items are; None will do for what is not about items. chosen: only these items, as far as they fit.
    Raises ContentError for more than 200,000.
    """
    if kind.looks_at is LooksAt.PATHS:
        return [(ResourceRef("path", path), "") for path in schedule.paths]
    if kind.looks_at is LooksAt.WHOLE:
        return [(ResourceRef(kind.name, EVERYTHING), "")]
    if lake is None:
        raise StoreError("there is no lake to choose items from")
    found = _selected(schedule, partial(_rows, lake, kind, now, chosen))
    tag = schedule.at_once.group_tag
    return [
        (ResourceRef(type_, id_, account, region), tags.get(tag, "") if tag else "")
        for (account, region, type_, id_), tags in sorted(found.items(), key=lambda each: each[0])
    ]


def _selected(
    schedule: Schedule, rows: Callable[[Selector], Iterator[tuple[Key, Mapping[str, str]]]]
) -> dict[Key, Mapping[str, str]]:
    """What fits an include and no exclude, with its tags."""
    found: dict[Key, Mapping[str, str]] = {}
    for selector in schedule.include or (Selector(),):
        for key, tags in rows(selector):
            found[key] = tags
            if len(found) > MOST:
                raise ContentError(schedule.name, f"selects more than {MOST} items: narrow its include")
    for selector in schedule.exclude:
        for key, _ in rows(selector):
            found.pop(key, None)
    return found


def _rows(
    lake: LakeReader, kind: Kind, now: datetime, chosen: Collection[Key] | None, selector: Selector
) -> Iterator[tuple[Key, Mapping[str, str]]]:
    """The items of a kind that a selector selects, with their tags."""
    if chosen is not None and not chosen:
        return
    for row in selected_items(lake, _asked(kind, chosen, selector), now):
        key = (row["account"], row["region"], row["type"], row["id"])
        tags = {str(name): str(value) for name, value in _tags(row["tags"]).items()}
        fits = all(tags.get(name) in values for name, values in selector.tags)
        if fits and (chosen is None or key in chosen):
            yield key, tags


def _asked(kind: Kind, chosen: Collection[Key] | None, selector: Selector) -> Node:
    parts: list[Node] = [
        parse(selector.query, FIELDS),
        Or(tuple(Compare("type", Op.EQUALS, each) for each in kind.types)),
        Compare("is_deleted", Op.EQUALS, False),
    ]
    if chosen is not None:
        parts.append(Or(tuple(Compare("id", Op.EQUALS, each) for each in sorted({id_ for *_, id_ in chosen}))))
    return And(tuple(parts))


def _tags(text: str) -> Mapping[str, Any]:
    found = msgspec.json.decode(text) if text else {}
    return found if isinstance(found, dict) else {}
