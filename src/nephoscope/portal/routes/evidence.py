"""Evidence: what runs captured."""

from __future__ import annotations

from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.evidence import SOURCE
from nephoscope.portal.shapes.runs import CasePage

router = list_router("Evidence", SOURCE, CasePage)
