"""Inventory: resources as they are, their timeline, their neighbours, and how they differ between two moments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query

from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.items import SOURCE, whole
from nephoscope.portal.resource import compared, neighbours, timeline
from nephoscope.portal.shapes.items import Comparison, Item, ItemPage, Neighbours, TimelinePage
from nephoscope.portal.versions import tagged

router = list_router("Items", SOURCE, ItemPage)
Moment = Annotated[datetime, Query(description="RFC 3339.")]


@router.get("/{key}", operation_id="getItem", response_model=Item)
def get(me: Reader, key: str, at: Annotated[datetime | None, Query()] = None) -> Any:
    """Show a resource as it is, or as it was at a moment, with the verdicts on it."""
    item = whole(me, key, at)
    tagged(me, key, item.digest, item.captured_at)
    return item


@router.get("/{key}/timeline", operation_id="getItemTimeline", response_model=TimelinePage)
def get_timeline(
    me: Reader,
    key: str,
    cursor: Annotated[str, Query(max_length=8_192)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> Any:
    """List a resource's revisions, the newest first: what changed, who did it, which verdicts it turned."""
    return timeline(me, key, cursor, limit)


@router.get("/{key}/neighbours", operation_id="getItemNeighbours", response_model=Neighbours)
def get_neighbours(me: Reader, key: str) -> Any:
    """List what a resource is related to, one step in each direction."""
    return neighbours(me, key)


@router.get("/{key}/compare", operation_id="compareItem", response_model=Comparison)
def get_comparison(me: Reader, key: str, from_at: Moment, to_at: Moment) -> Any:
    """Compare a resource at two moments."""
    return compared(me, key, from_at, to_at)
