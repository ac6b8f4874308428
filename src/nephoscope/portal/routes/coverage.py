"""Coverage: what cannot be seen, and which hours of logs are proven complete."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.coverage import GAPS_SOURCE, HOURS_SOURCE
from nephoscope.portal.numbers import coverage
from nephoscope.portal.shapes.coverage import Coverage, GapPage, HourPage

router = APIRouter(prefix="/coverage", tags=["coverage"])
router.include_router(list_router("Gaps", GAPS_SOURCE, GapPage, prefix="/gaps"))
router.include_router(list_router("Hours", HOURS_SOURCE, HourPage, prefix="/hours"))


@router.get("", operation_id="getCoverage", response_model=Coverage)
def get(me: Reader) -> Any:
    """Say in numbers what is seen and what is not."""
    return coverage(me)
