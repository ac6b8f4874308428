"""The list of triggers, one whole, one played against what has happened, and one reset."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.model.query import Field, Type
from nephoscope.pipeline.rehearsal import rehearsed
from nephoscope.portal.lists.playbooks import KEPT_S, playbooks_of
from nephoscope.portal.permissions import Permission
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.playbooks import Rehearsal, TriggerRow
from nephoscope.portal.shapes.playbooks import Trigger as TriggerShape
from nephoscope.portal.sources import MemorySource
from nephoscope.respond.facts import SCHEMAS
from nephoscope.respond.trigger import MODES, Trigger, load_triggers, switched
from nephoscope.store.firings import last_firing, reset_trigger, stands_still
from nephoscope.store.gaps import close_gaps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

FIELDS = {
    field.name: field
    for field in (
        Field("mode", Type.WORD, "", MODES, is_facet=True, is_sortable=True),
        Field("on", Type.WORD, "what it looks at", tuple(SCHEMAS), is_facet=True, is_sortable=True),
        Field("playbook", Type.WORD, "", is_facet=True, is_sortable=True),
        Field("name", Type.WORD, "", is_sortable=True),
        Field("title", Type.TEXT, "", is_sortable=True),
        Field("when", Type.TEXT, "its condition"),
        Field("is_enabled", Type.BOOL, "", is_facet=True),
        Field("stands_still", Type.TEXT, "why it does nothing until it is reset"),
        Field("last_fired_at", Type.TIME, "", is_sortable=True),
    )
}
SAME = ("name", "title", "mode", "on", "playbook", "reverts")
MORE = ("description", "operations", "dedup", "quiet_s", "limit_runs", "limit_per_s", "where")


def triggers_of(me: Caller) -> Mapping[str, Trigger]:
    """Those that load, in the modes that the configuration gives them; read anew after a while."""
    config = me.portal.config
    folders = tuple(config.content)

    def load() -> Mapping[str, Trigger]:
        return switched(load_triggers(playbooks_of(me).by_name, folders), config.respond.triggers).by_name

    return me.portal.cache.get(("triggers", folders), load, KEPT_S)


def _rows(me: Caller) -> list[dict[str, Any]]:
    with me.portal.ledger.read() as connection:
        return [_row(connection, each) for each in triggers_of(me).values()]


def _row(connection: Connection, trigger: Trigger) -> dict[str, Any]:
    return {name: getattr(trigger, name) for name in SAME} | {
        "when": trigger.when.text,
        "is_enabled": trigger.mode != "off",
        "last_fired_at": last_firing(connection, trigger.name),
        "stands_still": stands_still(connection, trigger.name),
    }


SOURCE = MemorySource("triggers", FIELDS, "name", "name", _rows, TriggerRow)


def shown(connection: Connection, me: Caller, name: str) -> TriggerShape:
    """A trigger whole. Raises `not-found`."""
    trigger = _found(me, name)
    row = _row(connection, trigger)
    can = ["reset"] if row["stands_still"] and me.may(Permission.RESPOND) and me.scope.is_all else []
    more = {key: getattr(trigger, key) for key in MORE}
    more |= {"inputs": dict(trigger.settings), "source": trigger.text, "can": can}
    return TriggerShape.model_validate(row | more)


def _found(me: Caller, name: str) -> Trigger:
    trigger = triggers_of(me).get(name)
    if trigger is None:
        raise ProblemError("not-found", "There is no trigger of this name")
    return trigger


def rehearsal(me: Caller, name: str, days: int) -> Rehearsal:
    """A trigger played against what has happened in the caller's accounts."""
    trigger = _found(me, name)
    since = me.portal.clock() - timedelta(days=days)
    with me.portal.ledger.read() as connection:
        found = rehearsed(trigger, connection, me.portal.lake, since, me.scope.holds)
    return Rehearsal.model_validate(asdict(found) | {"days": days, "said": found.said(days)})


def reset(connection: Connection, me: Caller, name: str) -> TriggerShape:
    """Let a trigger that stands still act again. It acts in every account: callers of some may not."""
    _found(me, name)
    if not me.scope.is_all:
        raise ProblemError("not-allowed", "A trigger is reset by somebody whose scope is all accounts")
    if not stands_still(connection, name):
        raise ProblemError("conflict", "It does not stand still")
    reset_trigger(connection, name)
    close_gaps(connection, [Gap("trigger", name, "").key])
    return shown(connection, me, name)
