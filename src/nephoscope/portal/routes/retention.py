"""Retention: for how long things are kept."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter

from nephoscope.pipeline.retention import STATE
from nephoscope.portal.caller import Reader
from nephoscope.portal.shapes.coverage import Retention
from nephoscope.store.state import get_state

router = APIRouter(prefix="/retention", tags=["retention"])


@router.get("", operation_id="getRetention", response_model=Retention)
def get(me: Reader) -> Any:
    """Say for how many days each thing is kept, and what the last round deleted."""
    last: dict[str, Any] = {}
    if me.scope.is_all:
        with me.portal.ledger.read() as connection:
            last = get_state(connection, STATE) or {}
    at = datetime.fromisoformat(last["at"]) if last else None
    return Retention(days=asdict(me.portal.config.retention), last_at=at, deleted=last.get("deleted", {}))
