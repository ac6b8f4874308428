"""Sessions: browsers that are signed in; one's own, and for administrators everybody's."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import SignedIn
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.sessions import SOURCE, revoke, shown
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import SessionPage, SessionRow
from nephoscope.portal.versions import IfMatch, tagged

router = list_router("Sessions", SOURCE, SessionPage, Permission.SIGNED_IN)


@router.get("/{id}", operation_id="getSession", response_model=SessionRow)
def get(me: SignedIn, id: str) -> Any:
    """Show a session."""
    session = shown(me, id)
    tagged(me, session.id, session.version)
    return session


@router.delete("/{id}", operation_id="revokeSession", response_model=Done)
def delete(me: SignedIn, id: str, if_match: IfMatch = None) -> Any:
    """End a session at once."""
    return revoke(me, id, if_match)
