"""Join tokens: by which hosts enrol."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.actions import once
from nephoscope.portal.caller import UserAdmin
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.hosts import TOKENS, make, take_back
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.hosts import JoinTokenPage, JoinTokenRow, MadeJoinToken, NewJoinToken
from nephoscope.portal.versions import Key

router = list_router("JoinTokens", TOKENS, JoinTokenPage, Permission.USERS, "/join-tokens")


@router.post("", operation_id="makeJoinToken", response_model=MadeJoinToken, status_code=201)
def post(me: UserAdmin, asked: NewJoinToken) -> Any:
    """Make a token by which hosts join; its text is shown this once."""
    return make(me, asked)


@router.post("/{id}/revoke", operation_id="revokeJoinToken", response_model=JoinTokenRow)
def post_revoke(me: UserAdmin, id: str, key: Key = None) -> Any:
    """Take a token back: nobody joins by it any more."""
    return once(me, key, "join token revoke", id, {}, lambda connection: take_back(connection, me, id))
