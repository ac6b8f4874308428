"""The verdict that each check last gave of each item, since when, and since when it fails."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select

from nephoscope.model.verdict import Fail, NotApplicable, Pass, Unknown, Verdict
from nephoscope.store.ledger import upsert
from nephoscope.store.outbox import put_changes
from nephoscope.store.tables import ASSESSED, VERDICTS, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

ItemKey = tuple[str, str, str, str]  # account, region, type, id: `Item.key`
VERDICT_TYPES: dict[str, type[Verdict]] = {kind.__name__: kind for kind in (Pass, Fail, NotApplicable, Unknown)}
AT_ONCE = 5_000


@dataclass(frozen=True)
class Assessment:
    """What the checks say of one revision of an item: digest, and the verdict by check."""

    key: ItemKey
    digest: str
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True)
class Flip:
    """A verdict that is another one than before; previous is None for a check's first verdict of an item."""

    key: ItemKey
    check: str
    previous: Verdict | None
    verdict: Verdict
    at: datetime


@dataclass(frozen=True)
class StoredVerdict:
    """A verdict, since when it is that, and since when the check fails (None while it does not)."""

    key: ItemKey
    check: str
    verdict: Verdict
    changed_at: datetime
    failing_since: datetime | None
    digest: str


def put_verdicts(connection: Connection, assessments: Sequence[Assessment], at: datetime | None = None) -> list[Flip]:
    """Keep verdicts; only what differs is written. Returns the flips: another kind of verdict, or a first one.

    A check that was not asked of an item this time keeps its last verdict. An Unknown does not end `failing_since`:
    what cannot be seen any more has not been mended.
    """
    now = at or datetime.now(UTC)
    latest = {each.key: each for each in assessments}
    known = _known(connection, [key_of(*key) for key in latest])
    rows: list[dict[str, Any]] = []
    flips: list[Flip] = []
    for each in latest.values():
        item = key_of(*each.key)
        before = known[item]
        for check, verdict in each.verdicts.items():
            last = before.get(check)
            if last and _is_same(last, verdict):
                continue
            rows.append(_row(item, check, last, verdict, now))
            if not last or last.verdict != type(verdict).__name__:
                flips.append(Flip(each.key, check, _verdict(last) if last else None, verdict, now))
    upsert(VERDICTS, rows, connection)
    upsert(ASSESSED, [_assessed(each, now) for each in latest.values()], connection)
    put_changes(connection, "verdict_changes", [_sent(flip, latest[flip.key].digest) for flip in flips])
    return flips


def _is_same(last: Any, verdict: Verdict) -> bool:
    return last.verdict == type(verdict).__name__ and last.reason == getattr(verdict, "reason", "")


def _row(item: str, check: str, last: Any, verdict: Verdict, now: datetime) -> dict[str, Any]:
    name = type(verdict).__name__
    return {
        "item": item,
        "check_id": check,
        "verdict": name,
        "reason": getattr(verdict, "reason", ""),
        "changed_at": last.changed_at if last and last.verdict == name else now,
        "failing_since": _failing_since(last, verdict, now),
    }


def _failing_since(last: Any, verdict: Verdict, now: datetime) -> datetime | None:
    since = last.failing_since if last else None
    if isinstance(verdict, Fail):
        return since or now
    return since if isinstance(verdict, Unknown) else None


def _known(connection: Connection, items: list[str]) -> defaultdict[str, dict[str, Any]]:
    known: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for start in range(0, len(items), AT_ONCE):
        query = select(VERDICTS).where(VERDICTS.c.item.in_(items[start : start + AT_ONCE]))
        for row in connection.execute(query):
            known[row.item][row.check_id] = row
    return known


def _assessed(each: Assessment, now: datetime) -> dict[str, Any]:
    account, region, kind, identifier = each.key
    return {
        "item": key_of(*each.key),
        "account": account,
        "region": region,
        "type": kind,
        "id": identifier,
        "digest": each.digest,
        "assessed_at": now,
    }


def _sent(flip: Flip, digest: str) -> dict[str, Any]:
    account, region, kind, identifier = flip.key
    return {
        "account": account,
        "region": region,
        "type": kind,
        "id": identifier,
        "check": flip.check,
        "changed_at": flip.at,
        "verdict": type(flip.verdict).__name__,
        "previous": type(flip.previous).__name__ if flip.previous else "",
        "reason": getattr(flip.verdict, "reason", ""),
        "digest": digest,
    }


def drop_item(connection: Connection, key: ItemKey) -> None:
    """Forget the verdicts of an item that was deleted; the lake keeps their history."""
    connection.execute(delete(VERDICTS).where(VERDICTS.c.item == key_of(*key)))
    connection.execute(delete(ASSESSED).where(ASSESSED.c.item == key_of(*key)))


def assessed_digests(connection: Connection, keys: Iterable[ItemKey]) -> dict[ItemKey, str]:
    """The revision of each item that was last assessed; items never assessed are left out."""
    wanted = {key_of(*key): key for key in keys}
    hashes = list(wanted)
    found: dict[ItemKey, str] = {}
    for start in range(0, len(hashes), AT_ONCE):
        query = select(ASSESSED.c.item, ASSESSED.c.digest).where(ASSESSED.c.item.in_(hashes[start : start + AT_ONCE]))
        found |= {wanted[row.item]: row.digest for row in connection.execute(query)}
    return found


def all_assessed(connection: Connection) -> dict[ItemKey, str]:
    """The revision of every item that was assessed, by its key."""
    query = select(ASSESSED.c.account, ASSESSED.c.region, ASSESSED.c.type, ASSESSED.c.id, ASSESSED.c.digest)
    return {(row.account, row.region, row.type, row.id): row.digest for row in connection.execute(query)}


def list_verdicts(
    connection: Connection, *, key: ItemKey | None = None, check: str = "", verdict: str = "", limit: int = 10_000
) -> list[StoredVerdict]:
    """Verdicts of an item, of a check, or of one kind (`Fail`), in order of check and item."""
    query = select(VERDICTS, ASSESSED).join(ASSESSED, ASSESSED.c.item == VERDICTS.c.item)
    if key:
        query = query.where(VERDICTS.c.item == key_of(*key))
    if check:
        query = query.where(VERDICTS.c.check_id == check)
    if verdict:
        query = query.where(VERDICTS.c.verdict == verdict)
    ordered = query.order_by(VERDICTS.c.check_id, VERDICTS.c.item).limit(limit)
    return [
        StoredVerdict(
            (row.account, row.region, row.type, row.id),
            row.check_id,
            _verdict(row),
            row.changed_at,
            row.failing_since,
            row.digest,
        )
        for row in connection.execute(ordered)
    ]


def count_verdicts(connection: Connection) -> dict[str, dict[str, int]]:
    """How many items got which verdict, by check: the score with its denominator."""
    query = select(VERDICTS.c.check_id, VERDICTS.c.verdict, func.count()).group_by(
        VERDICTS.c.check_id, VERDICTS.c.verdict
    )
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for check, verdict, count in connection.execute(query.order_by(VERDICTS.c.check_id, VERDICTS.c.verdict)):
        counts[check][verdict] = int(count)
    return dict(counts)


def _verdict(row: Any) -> Verdict:
    kind = VERDICT_TYPES[row.verdict]
    return Pass() if kind is Pass else kind(row.reason)  # type: ignore[call-arg]
