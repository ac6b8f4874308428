"""The list of resources, and one whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.assess.assessor import builtin_checks
from nephoscope.model.change import masked
from nephoscope.portal.keys import item_key, parts
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.items import Item, ItemRow, VerdictOf
from nephoscope.portal.sources import LakeSource
from nephoscope.store.counts import item_findings, item_verdicts
from nephoscope.store.item_list import LISTING
from nephoscope.store.items import item_history
from nephoscope.store.verdicts import list_verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from nephoscope.portal.caller import Caller
    from nephoscope.store.items import Revision


def shown(me: Caller, rows: list[dict[str, Any]]) -> list[ItemRow]:
    """Rows as the list shows them, with verdicts and findings of each."""
    keys = [key_of_row(row) for row in rows]
    verdicts, findings = _judged(me, keys)
    return [
        ItemRow(
            **{name: row[name] for name in ("account", "region", "type", "id", "name", "arn", "captured_at", "digest")},
            key=item_key(*key),
            is_deleted=bool(row["is_deleted"]),
            tags={name: str(value) for name, value in msgspec.json.decode(row["tags"]).items()},
            not_collected=len(msgspec.json.decode(row["not_collected"])),
            verdicts=verdicts.get(key, {}),
            open_findings=findings.get(key, (0, 0))[0],
        )
        for row, key in zip(rows, keys, strict=True)
    ]


def key_of_row(row: dict[str, Any]) -> tuple[str, str, str, str]:
    """What makes it this resource and no other."""
    return (row["account"], row["region"], row["type"], row["id"])


def _judged(me: Caller, keys: Sequence[tuple[str, str, str, str]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    with me.portal.ledger.read() as connection:
        return item_verdicts(connection, keys), item_findings(connection, keys)


SOURCE = LakeSource(LISTING, shown)


def revisions_of(me: Caller, key: str, limit: int = 1_000) -> list[Revision]:
    """The revisions of a resource in scope, the newest first. Raises `not-found`."""
    named = parts(key, 4)
    account, region, type_, id_ = named
    found = item_history(me.portal.lake, (account, region, type_, id_), limit=limit) if me.scope.holds(account) else []
    if not found:
        raise ProblemError("not-found", "There is no resource of this key")
    return found


def whole(me: Caller, key: str, at: datetime | None) -> Item:
    """A resource as it is, or was at a moment."""
    revisions = revisions_of(me, key)
    then = [each for each in revisions if at is None or each.captured_at <= at]
    if not then:
        raise ProblemError("not-found", "The resource was not known at that moment")
    revision, item = then[0], then[0].item
    verdicts, findings = _judged(me, [item.key])
    with me.portal.ledger.read() as connection:
        listed = list_verdicts(connection, key=item.key)
    return Item(
        key=key,
        account=item.account,
        region=item.region,
        type=item.type,
        id=item.id,
        name=item.name,
        arn=item.arn,
        tags={name: str(value) for name, value in item.tags.items()},
        captured_at=revision.captured_at,
        digest=revision.digest,
        is_deleted=revision.is_deleted,
        not_collected=len(item.not_collected),
        verdicts=verdicts.get(item.key, {}),
        open_findings=findings.get(item.key, (0, 0))[0],
        configuration=masked(item.configuration),
        observed=masked(item.observed),
        not_collected_paths=dict(item.not_collected),
        verdict_list=[_verdict(each) for each in listed],
        revisions=len(revisions),
        first_seen_at=revisions[-1].captured_at,
    )


def _verdict(stored: Any) -> VerdictOf:
    check = builtin_checks().get(stored.check)
    return VerdictOf(
        check=stored.check,
        title=check.title if check else stored.check,
        severity=str(check.severity) if check else "",
        verdict=type(stored.verdict).__name__,
        reason=getattr(stored.verdict, "reason", ""),
        changed_at=stored.changed_at,
        failing_since=stored.failing_since,
    )
