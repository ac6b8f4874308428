"""What a resource went through and what it is related to: timeline, differences, flips, neighbours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.assess.assessor import builtin_checks
from nephoscope.model.change import changes, masked
from nephoscope.model.finding import Severity
from nephoscope.portal.cursors import seal, unseal
from nephoscope.portal.keys import item_key, parts
from nephoscope.portal.lists.changes import plain, row_of
from nephoscope.portal.lists.items import revisions_of
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.items import Change, Comparison, Flip, Neighbour, Neighbours, PathChange
from nephoscope.store.counts import item_findings
from nephoscope.store.lake_facts import items_naming, items_of_ids, verdict_flips

if TYPE_CHECKING:
    from nephoscope.model.item import Item
    from nephoscope.portal.caller import Caller
    from nephoscope.store.items import Revision

MOST_NEIGHBOURS = 200
LIST = 6


def timeline(me: Caller, key: str, cursor: str, limit: int) -> dict[str, Any]:
    """A page of a resource's revisions, the newest first, each with what it did."""
    revisions = revisions_of(me, key)
    start = int(unseal(me.portal.secret, f"timeline {key}", cursor)) if cursor else 0
    pairs = list(zip(revisions, [*revisions[1:], None], strict=True))[start : start + limit]
    flips = verdict_flips(me.portal.lake, revisions[0].item.key, sorted({each.digest for each, _ in pairs}))
    more = start + limit < len(revisions)
    following = seal(me.portal.secret, f"timeline {key}", start + limit) if more else None
    return {
        "items": [_described(revision, before, flips) for revision, before in pairs],
        "next": following,
        "total": len(revisions),
        "total_relation": "eq",
    }


def change(me: Caller, name: str) -> Change:
    """One revision, by its key. Raises `not-found`."""
    account, region, type_, id_, digest, at = parts(name, LIST)
    revisions = revisions_of(me, item_key(account, region, type_, id_))
    for number, revision in enumerate(revisions):
        if revision.digest == digest and revision.captured_at.isoformat() == at:
            before = revisions[number + 1] if number + 1 < len(revisions) else None
            return _described(revision, before, verdict_flips(me.portal.lake, revision.item.key, [digest]))
    raise ProblemError("not-found", "There is no change of this key")


def _described(revision: Revision, before: Revision | None, flips: dict[str, list[dict[str, Any]]]) -> Change:
    earlier = before.item if before and not before.is_deleted else None
    later = None if revision.is_deleted else revision.item
    return Change(
        **plain(row_of(revision)),
        changes=_differences(earlier, later),
        flips=[_flip(each) for each in flips.get(revision.digest, ()) if _made_it(each, revision)],
        attribution=dict(revision.attribution),
    )


def _made_it(flip: dict[str, Any], revision: Revision) -> bool:
    """A digest may come back later: then its flips are those from that moment on."""
    return flip["changed_at"] >= revision.captured_at


def _differences(before: Item | None, after: Item | None) -> list[PathChange]:
    return [PathChange.model_validate(each) for each in changes(before, after)]


def _flip(row: dict[str, Any]) -> Flip:
    check = builtin_checks().get(row["check"])
    shown = {name: row[name] for name in ("check", "previous", "verdict", "reason", "changed_at")}
    return Flip(**shown, title=check.title if check else row["check"])


def compared(me: Caller, key: str, from_at: datetime, to_at: datetime) -> Comparison:
    """A resource at two moments, with who changed it between them."""
    start, end = sorted(each.replace(tzinfo=UTC) if each.tzinfo is None else each for each in (from_at, to_at))
    revisions = revisions_of(me, key)
    before, after = _as_of(revisions, start), _as_of(revisions, end)
    between = [each for each in revisions if start < each.captured_at <= end]
    actors = [str(plain(row_of(each))["actor"]) for each in between]
    return Comparison(
        item=key,
        from_at=start,
        to_at=end,
        before=masked(before.configuration) if before else None,
        after=masked(after.configuration) if after else None,
        changes=_differences(before, after),
        actors=list(dict.fromkeys(filter(None, actors))),
    )


def _as_of(revisions: list[Revision], moment: datetime) -> Item | None:
    then = next((each for each in revisions if each.captured_at <= moment), None)
    return None if then is None or then.is_deleted else then.item


def neighbours(me: Caller, key: str) -> Neighbours:
    """One step of the graph: what the resource names, and what names it, within the caller's scope."""
    item = revisions_of(me, key, 1)[0].item
    wanted = [(each.type, each.id) for each in item.relationships]
    known = items_of_ids(me.portal.lake, me.scope, item.account, sorted({id_ for _, id_ in wanted}))
    found: list[dict[str, Any]] = []
    for each in item.relationships:
        row = _of_relationship(known, item, each.type, each.id)
        found.append(row | {"kind": each.kind, "direction": "out"})
    for row in items_naming(me.portal.lake, me.scope, item.account, item.type, item.id, MOST_NEIGHBOURS + 1):
        found += [_placed(row) | {"kind": kind, "direction": "in"} for kind in row["kinds"]]
    return _judged(me, key, found)


def _of_relationship(known: list[dict[str, Any]], item: Item, type_: str, id_: str) -> dict[str, Any]:
    same = [row for row in known if row["id"] == id_ and row["type"] == type_]
    here = next((row for row in same if row["region"] == item.region), same[0] if same else None)
    if here:
        return _placed(here)
    return {"item": "", "account": item.account, "region": item.region, "type": type_, "id": id_, "name": ""}


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    place = {name: row[name] for name in ("account", "region", "type", "id", "name")}
    return place | {"item": item_key(row["account"], row["region"], row["type"], row["id"])}


def _judged(me: Caller, key: str, found: list[dict[str, Any]]) -> Neighbours:
    rows = found[:MOST_NEIGHBOURS]
    keys = [(row["account"], row["region"], row["type"], row["id"]) for row in rows]
    with me.portal.ledger.read() as connection:
        counts = item_findings(connection, keys) if keys else {}
    names = [str(each) for each in Severity]
    shown = [
        Neighbour(**row, open_findings=counts[each][0], worst=names[counts[each][1]])
        if each in counts
        else Neighbour(**row, open_findings=0, worst="")
        for row, each in zip(rows, keys, strict=True)
    ]
    return Neighbours(item=key, neighbours=shown, is_cut=len(found) > MOST_NEIGHBOURS)
