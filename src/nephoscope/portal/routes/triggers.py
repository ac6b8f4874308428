"""Triggers: when which playbook is run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from nephoscope.portal.actions import once
from nephoscope.portal.caller import Reader, Responder
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.triggers import SOURCE, rehearsal, reset, shown
from nephoscope.portal.shapes.playbooks import Rehearsal, Trigger, TriggerPage
from nephoscope.portal.versions import Key

router = list_router("Triggers", SOURCE, TriggerPage)


@router.get("/{name}", operation_id="getTrigger", response_model=Trigger)
def get(me: Reader, name: str) -> Any:
    """Show a trigger: its condition, mode and limits, when it last fired, why it stands still."""
    with me.portal.ledger.read() as connection:
        return shown(connection, me, name)


@router.get("/{name}/rehearsal", operation_id="rehearseTrigger", response_model=Rehearsal)
def get_rehearsal(me: Reader, name: str, days: Annotated[int, Query(ge=1, le=90)] = 30) -> Any:
    """Play a trigger against what has happened: when it would have fired; changes nothing."""
    return rehearsal(me, name, days)


@router.post("/{name}/reset", operation_id="resetTrigger", response_model=Trigger)
def post_reset(me: Responder, name: str, key: Key = None) -> Any:
    """Let a trigger that stands still act again."""
    return once(me, key, "trigger reset", name, {}, lambda connection: reset(connection, me, name))
