"""Rules: what is looked for in events."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.rules import SOURCE, whole
from nephoscope.portal.shapes.content import Rule, RulePage

router = list_router("Rules", SOURCE, RulePage)


@router.get("/{id}", operation_id="getRule", response_model=Rule)
def get(me: Reader, id: str) -> Any:
    """Show a rule with its text, its examples and how often it fired."""
    return whole(me, id)
