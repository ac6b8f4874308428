"""Users: who may sign in, as what, in which accounts."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import UserAdmin, UserReader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.users import SOURCE, change, invite, reinvite, shown
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.people import Invited, NewUser, UserPage, UserPatch, UserRow
from nephoscope.portal.versions import IfMatch, tagged

router = list_router("Users", SOURCE, UserPage, Permission.USERS)


@router.post("", operation_id="inviteUser", response_model=Invited, status_code=201)
def post(me: UserAdmin, asked: NewUser) -> Any:
    """Make a user, and the link by which they choose a password."""
    return invite(me, asked)


@router.get("/{id}", operation_id="getUser", response_model=UserRow)
def get(me: UserReader, id: str) -> Any:
    """Show a user."""
    user = shown(me, id)
    tagged(me, user.id, user.version)
    return user


@router.patch("/{id}", operation_id="changeUser", response_model=UserRow)
def patch(me: UserAdmin, id: str, asked: UserPatch, if_match: IfMatch = None) -> Any:
    """Change roles or scope, or disable; it holds from the user's next request on."""
    user = change(me, id, asked, if_match)
    tagged(me, user.id, user.version)
    return user


@router.post("/{id}/invite", operation_id="reinviteUser", response_model=Invited, status_code=201)
def post_invite(me: UserAdmin, id: str) -> Any:
    """Make a new link by which a user chooses a password; the one before it is void."""
    return reinvite(me, id)
