"""Looks at resources → revisions: what each became, and what of it differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.model.change import changes
from nephoscope.store.items import Revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from nephoscope.model.item import Item

Key = tuple[str, str, str, str]


def revised(
    changed: Sequence[Item],
    digests: Mapping[Key, str],
    gone: Sequence[Key],
    before: Mapping[Key, Revision],
    now: datetime,
) -> list[Revision]:
    """The revisions of items that changed, and the ends of those that are gone.

    digests: of the changed items. before: the last revision of whatever was known. now: when a deletion was noticed.
    A revision that a crash left kept by itself, without what follows from it, is given as it was kept.
    """
    made = [_next(item, digests[item.key], before.get(item.key), now) for item in changed]
    ended = [_end(before[key], now) for key in gone if key in before and not before[key].is_deleted]
    return [*made, *ended]


def _next(item: Item, digest: str, last: Revision | None, now: datetime) -> Revision:
    if last and not last.is_deleted and last.digest == digest:
        return last
    paths = tuple(change.path for change in changes(last.item, item)) if last and not last.is_deleted else ("",)
    return Revision(
        item=item,
        digest=digest,
        captured_at=item.captured_at or now,
        previous_digest=last.digest if last else "",
        changed=paths,
    )


def _end(last: Revision, now: datetime) -> Revision:
    return Revision(last.item, last.digest, now, last.digest, is_deleted=True, changed=("",))
