"""Playbooks: what can be done."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.playbooks import SOURCE, whole
from nephoscope.portal.shapes.playbooks import Playbook, PlaybookPage

router = list_router("Playbooks", SOURCE, PlaybookPage)


@router.get("/{name}", operation_id="getPlaybook", response_model=Playbook)
def get(me: Reader, name: str) -> Any:
    """Show a playbook: its inputs, steps, limits and text."""
    return whole(me, name)
