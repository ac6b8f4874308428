"""Oneself: rights, password, passkeys, recovery codes, preferences."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from nephoscope.portal.auth import myself, passkeys
from nephoscope.portal.caller import FreshlySignedIn, SignedIn
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import (
    Me,
    NewPassword,
    PasskeyAnswer,
    PasskeyOptions,
    PasskeyPage,
    PasskeyRow,
    Preferences,
    RecoveryCodes,
)
from nephoscope.portal.versions import IfMatch, tagged

router = APIRouter(prefix="/me", tags=["me"])


@router.get("", operation_id="getMe", response_model=Me)
def get(me: SignedIn) -> Any:
    """Say who asks, and what they may do."""
    return myself.shown(me)


@router.get("/preferences", operation_id="getPreferences", response_model=Preferences)
def get_preferences(me: SignedIn) -> Any:
    """Show what the client keeps for this user."""
    found = myself.preferences(me)
    tagged(me, *found.model_dump(mode="json").items())
    return found


@router.put("/preferences", operation_id="putPreferences", response_model=Preferences)
def put_preferences(me: SignedIn, body: Preferences, if_match: IfMatch = None) -> Any:
    """Keep something for this user, in place of what was kept; If-Match: * takes whatever it is."""
    kept = myself.put_preferences(me, body, if_match)
    tagged(me, *kept.model_dump(mode="json").items())
    return kept


@router.post("/password", operation_id="changePassword", response_model=Done)
def post_password(me: FreshlySignedIn, asked: NewPassword) -> Any:
    """Change one's password; ends one's other sessions."""
    return myself.change_password(me, asked)


@router.get("/passkeys", operation_id="listPasskeys", response_model=PasskeyPage)
def get_passkeys(me: SignedIn) -> Any:
    """List one's passkeys."""
    return passkeys.listed(me)


@router.post("/passkeys/begin", operation_id="beginPasskey", response_model=PasskeyOptions)
def post_begin(me: FreshlySignedIn) -> Any:
    """Get what the browser makes a passkey with."""
    return passkeys.begin_registration(me)


@router.post("/passkeys", operation_id="registerPasskey", response_model=PasskeyRow, status_code=201)
def post_passkey(me: FreshlySignedIn, answer: PasskeyAnswer) -> Any:
    """Keep the passkey that the browser made."""
    return passkeys.finish_registration(me, answer)


@router.delete("/passkeys/{id}", operation_id="deletePasskey", response_model=Done)
def delete_passkey(me: FreshlySignedIn, id: str, if_match: IfMatch = None) -> Any:
    """Forget a passkey."""
    return passkeys.forget(me, id, if_match)


@router.post("/recovery-codes", operation_id="makeRecoveryCodes", response_model=RecoveryCodes, status_code=201)
def post_codes(me: FreshlySignedIn) -> Any:
    """Make ten recovery codes in place of the earlier ones; shown once."""
    return myself.make_recovery_codes(me)
