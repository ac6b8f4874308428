"""The list of accounts: those that are configured, and those that anything was seen of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.query import Field, Type
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.coverage import Account, AccountRow, SourceHealth
from nephoscope.portal.sources import MemorySource
from nephoscope.store.counts import gap_counts, hour_counts, missing_permissions, open_by_account
from nephoscope.store.lake_facts import event_counts, item_counts, source_ends
from nephoscope.store.tables import GAPS

if TYPE_CHECKING:
    from nephoscope.portal.caller import Caller

HEALTHS = ("ok", "partial", "blind", "waiting")
FIELDS = {
    field.name: field
    for field in (
        Field("id", Type.WORD, "", is_sortable=True),
        Field("name", Type.TEXT, "", is_sortable=True),
        Field("provider", Type.WORD, "", is_facet=True),
        Field("health", Type.WORD, "", HEALTHS, is_facet=True),
        Field("is_configured", Type.BOOL, "", is_facet=True),
        Field("gaps", Type.NUMBER, "", is_sortable=True),
        Field("items", Type.NUMBER, "", is_sortable=True),
        Field("last_event_at", Type.TIME, ""),
        Field("last_item_at", Type.TIME, ""),
    )
}


def _rows(me: Caller) -> list[dict[str, Any]]:
    return me.portal.cache.get(("accounts", me.scope), lambda: _computed(me), 5.0)


def _computed(me: Caller) -> list[dict[str, Any]]:
    items = item_counts(me.portal.lake, me.scope)
    events = event_counts(me.portal.lake, me.scope, me.portal.clock())
    with me.portal.ledger.read() as connection:
        gaps = gap_counts(connection, me.scope, GAPS.c.account)
        findings, hours = open_by_account(connection, me.scope), hour_counts(connection, me.scope)
    named = _configured(me)
    ids = sorted({*named, *items, *events, *findings} - {""})
    rows: list[dict[str, Any]] = []
    for id_ in (each for each in ids if me.scope.holds(each)):
        count, last_item = items.get(id_, (0, None))
        row = named.get(id_, _unknown(id_)) | {
            "gaps": gaps.get(id_, 0),
            "items": count,
            "open_findings": findings.get(id_, {}),
            "last_item_at": last_item,
            "last_event_at": events.get(id_, (0, 0, None))[2],
            "hours": hours.get(id_, {}),
        }
        rows.append(row | {"health": health(row)})
    return rows


def health(row: dict[str, Any]) -> str:
    """ok: all that was asked for is seen. partial: something is not. blind: nothing is. waiting: not yet."""
    has_seen = row["last_item_at"] or row["last_event_at"]
    if row["gaps"]:
        return "partial" if has_seen else "blind"
    return "ok" if has_seen else "waiting"


def _configured(me: Caller) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, account in me.portal.config.accounts.items():
        known = found.get(account.id)
        has_inventory = account.inventory or bool(known and known["has_inventory"])
        found[account.id] = {
            "id": account.id,
            "name": known["name"] if known else name,
            "provider": account.provider,
            "regions": list(account.regions),
            "is_configured": True,
            "has_inventory": has_inventory,
        }
    return found


def _unknown(id_: str) -> dict[str, Any]:
    row = {"id": id_, "name": "", "provider": "", "regions": [], "is_configured": False, "has_inventory": False}
    return dict(row)


SOURCE = MemorySource("accounts", FIELDS, "id", "id", _rows, AccountRow)


def whole(me: Caller, id_: str) -> Account:
    """An account with its sources and the permissions that are missing. Raises `not-found`."""
    row = next((row for row in _rows(me) if row["id"] == id_), None)
    if row is None:
        raise ProblemError("not-found", "There is no account of this id")
    with me.portal.ledger.read() as connection:
        denied = missing_permissions(connection, id_)
    return Account(**row, sources=_sources(me), denied=denied)


def _sources(me: Caller) -> list[SourceHealth]:
    """Every log source; the logs of several accounts come by one."""
    ends = source_ends(me.portal.lake, me.scope)
    with me.portal.ledger.read() as connection:
        gaps = gap_counts(connection, me.scope, GAPS.c.subject)
    found: list[SourceHealth] = []
    for name, settings in me.portal.config.sources.items():
        type_ = str(settings["type"])
        own = sum(n for subject, n in gaps.items() if subject == name or subject.startswith((f"{name}: ", f"{name} ")))
        own += gaps.get(f"collect {name}", 0)
        last = ends.get(type_)
        row = {"gaps": own, "last_item_at": None, "last_event_at": last}
        state: Any = health(row)
        found.append(SourceHealth(name=name, type=type_, health=state, gaps=own, last_event_at=last))
    return found
