"""Frameworks: control → verdicts, Unknown among them → findings."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.frameworks import SOURCE, whole
from nephoscope.portal.shapes.content import Framework, FrameworkPage

router = list_router("Frameworks", SOURCE, FrameworkPage)


@router.get("/{name}", operation_id="getFramework", response_model=Framework)
def get(me: Reader, name: str) -> Any:
    """Show a framework: each requirement with its verdicts and the query that lists its findings."""
    return whole(me, name)
