"""The overview, and the sandbox's incidents."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from nephoscope.portal.actions import once
from nephoscope.portal.caller import Player, Reader
from nephoscope.portal.numbers import overview
from nephoscope.portal.shapes.coverage import Overview, Playing
from nephoscope.portal.stage import play
from nephoscope.portal.versions import Key

router = APIRouter(tags=["overview"])


@router.get("/overview", operation_id="getOverview", response_model=Overview)
def get(me: Reader) -> Any:
    """Say in numbers what happened in 24 hours, what is open, and what cannot be seen."""
    return overview(me)


@router.post("/sandbox/incidents/{name}", operation_id="playIncident", response_model=Playing, status_code=202)
def post_incident(me: Player, name: str, key: Key = None) -> Any:
    """Play an incident in the sandbox; there is none where accounts are configured."""
    return once(me, key, "sandbox play", name, {}, lambda _: play(me, name))
