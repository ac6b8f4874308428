"""Signing in and out: setup, password, passkey, recovery code, OpenID Connect; and proving it again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse

from nephoscope.portal.auth import oidc, passkeys, sign_in
from nephoscope.portal.caller import Anyone, SignedIn
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import (
    Me,
    PasskeyAnswer,
    PasskeyOptions,
    PasswordSignIn,
    RecoverySignIn,
    Setup,
    SignInWays,
    StepUp,
)

router = APIRouter(prefix="/auth", tags=["auth"])


@router.get("/ways", operation_id="getSignInWays", response_model=SignInWays)
def get_ways(me: Anyone) -> Any:
    """Say how one can sign in here."""
    return sign_in.ways(me)


@router.post("/setup", operation_id="setUp", response_model=Me, status_code=201)
def post_setup(me: Anyone, asked: Setup) -> Any:
    """Use a one-time link: make the first administrator, or choose an invited user's password. Signs in."""
    return sign_in.set_up(me, asked)


@router.post("/password", operation_id="signInByPassword", response_model=Me)
def post_password(me: Anyone, asked: PasswordSignIn) -> Any:
    """Sign in by name and password."""
    return sign_in.by_password(me, asked)


@router.post("/recovery", operation_id="signInByRecoveryCode", response_model=Me)
def post_recovery(me: Anyone, asked: RecoverySignIn) -> Any:
    """Sign in by name and a recovery code, which is then used up."""
    return sign_in.by_recovery_code(me, asked)


@router.post("/passkey/begin", operation_id="beginPasskeySignIn", response_model=PasskeyOptions)
def post_passkey_begin(me: Anyone) -> Any:
    """Get what the browser asks a passkey with; for signing in, and for a step-up while signed in."""
    return passkeys.begin_sign_in(me)


@router.post("/passkey", operation_id="signInByPasskey", response_model=Me)
def post_passkey(me: Anyone, answer: PasskeyAnswer) -> Any:
    """Sign in, or prove it again, by what a passkey answered."""
    return passkeys.finish_sign_in(me, answer)


@router.get("/oidc/begin", operation_id="beginOidc", response_class=RedirectResponse, status_code=302)
def get_oidc_begin(
    me: Anyone,
    then: Annotated[str, Query(max_length=2_000, description="Where to come back to, a path of the portal's.")] = "/",
    prove: Annotated[bool, Query(description="Ask who is signed in again, as a step-up.")] = False,
) -> Any:
    """Go to the identity provider."""
    return oidc.begin(me, then, is_proof=prove)


@router.get("/oidc/callback", operation_id="finishOidc", response_class=RedirectResponse, status_code=302)
def get_oidc_callback(
    me: Anyone,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4_000)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
    error_description: Annotated[str, Query(max_length=2_000)] = "",
    iss: Annotated[str, Query(max_length=500)] = "",
    session_state: Annotated[str, Query(max_length=500)] = "",
) -> Any:
    """Come back from the identity provider, signed in."""
    return oidc.finish(me, state, code, error or error_description)


@router.post("/step-up", operation_id="stepUp", response_model=Me)
def post_step_up(me: SignedIn, asked: StepUp) -> Any:
    """Prove again who you are, by password; good for five minutes."""
    return sign_in.step_up(me, asked)


@router.post("/sign-out", operation_id="signOut", response_model=Done)
def post_sign_out(me: SignedIn) -> Any:
    """End this session."""
    return sign_in.sign_out(me)
