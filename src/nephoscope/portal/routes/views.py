"""Saved views: one's own, private or shared."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.actions import once
from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.views import SOURCE, create, remove, replace, shown
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import ViewBody, ViewPage, ViewRow
from nephoscope.portal.versions import IfMatch, Key, tagged

router = list_router("Views", SOURCE, ViewPage)


@router.post("", operation_id="createView", response_model=ViewRow, status_code=201)
def post(me: Reader, body: ViewBody, key: Key = None) -> Any:
    """Save a view; to share it asks for the permission `share`."""
    view = ViewRow.model_validate(
        once(me, key, "view create", "", body, lambda connection: create(connection, me, body))
    )
    tagged(me, view.id, view.version)
    return view


@router.get("/{id}", operation_id="getView", response_model=ViewRow)
def get(me: Reader, id: str) -> Any:
    """Show a view."""
    view = shown(me, id)
    tagged(me, view.id, view.version)
    return view


@router.put("/{id}", operation_id="replaceView", response_model=ViewRow)
def put(me: Reader, id: str, body: ViewBody, if_match: IfMatch = None) -> Any:
    """Change a view of one's own."""
    view = replace(me, id, body, if_match)
    tagged(me, view.id, view.version)
    return view


@router.delete("/{id}", operation_id="deleteView", response_model=Done)
def delete(me: Reader, id: str, if_match: IfMatch = None) -> Any:
    """Delete a view of one's own."""
    return remove(me, id, if_match)
