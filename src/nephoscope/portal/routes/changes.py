"""Changes: every revision of every resource, the newest first."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.changes import SOURCE
from nephoscope.portal.resource import change
from nephoscope.portal.shapes.items import Change, ChangePage

router = list_router("Changes", SOURCE, ChangePage)


@router.get("/{key}", operation_id="getChange", response_model=Change)
def get(me: Reader, key: str) -> Any:
    """Show one revision: its differences, who made it by which event, the verdicts that it turned."""
    return change(me, key)
