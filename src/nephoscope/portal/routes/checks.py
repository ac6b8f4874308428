"""Checks: what is asked of resources."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.checks import SOURCE, whole
from nephoscope.portal.shapes.content import Check, CheckPage

router = list_router("Checks", SOURCE, CheckPage)


@router.get("/{name}", operation_id="getCheck", response_model=Check)
def get(me: Reader, name: str) -> Any:
    """Show a check: why it matters, how to mend it, which requirements it answers."""
    return whole(me, name)
