"""API tokens: one's own, and for administrators everybody's."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import FreshlySignedIn, SignedIn
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.tokens import SOURCE, make, revoke, shown
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.people import MadeToken, NewToken, TokenPage, TokenRow
from nephoscope.portal.versions import IfMatch, tagged

router = list_router("Tokens", SOURCE, TokenPage, Permission.SIGNED_IN)


@router.post("", operation_id="makeToken", response_model=MadeToken, status_code=201)
def post(me: FreshlySignedIn, asked: NewToken) -> Any:
    """Make a token with some of one's own rights; its text is shown this once."""
    return make(me, asked)


@router.get("/{id}", operation_id="getToken", response_model=TokenRow)
def get(me: SignedIn, id: str) -> Any:
    """Show a token, without its text."""
    token = shown(me, id)
    tagged(me, token.id, token.version)
    return token


@router.delete("/{id}", operation_id="revokeToken", response_model=TokenRow)
def delete(me: SignedIn, id: str, if_match: IfMatch = None) -> Any:
    """Revoke a token at once."""
    return revoke(me, id, if_match)
