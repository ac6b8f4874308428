"""OpenID Connect: code flow with PKCE, state and nonce; a user is (issuer, subject), never an e-mail address.

Source: https://openid.net/specs/openid-connect-core-1_0.html, sections 3.1.2 and 3.1.3.7; RFC 7636; RFC 9207
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from fastapi.responses import RedirectResponse

from nephoscope.portal.audit import noted
from nephoscope.portal.auth import sessions
from nephoscope.portal.auth.attempts import paced
from nephoscope.portal.caller import FRESH_S
from nephoscope.portal.permissions import Role
from nephoscope.portal.problems import ProblemError
from nephoscope.store.sessions import put_challenge, take_challenge
from nephoscope.store.users import find_login, find_subject, new_user, put_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from nephoscope.config import Oidc
    from nephoscope.portal.caller import Caller
    from nephoscope.store.users import User

PURPOSE = "oidc"
STATE_COOKIE = "__Host-nephoscope-oidc"
CALLBACK = "/api/v1/auth/oidc/callback"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_S = 60
WITHIN_S = 10.0
MOST_BYTES = 1 << 20
STATE_LASTS_S = 300
MAX_AGE_S = str(30 * 86_400)


def _settings(me: Caller) -> Oidc:
    oidc = me.portal.config.portal.oidc
    if not oidc.issuer:
        raise ProblemError("not-found", "No identity provider is configured")
    return oidc


def begin(me: Caller, then: str, *, is_proof: bool = False) -> RedirectResponse:
    """Send the browser to the provider; what it must bring back is kept here, and bound to this browser by a cookie.

    is_proof: who is signed in is to prove it again there, whatever session the provider has of them.
    """
    oidc = _settings(me)
    paced(me)
    metadata = _metadata(me, oidc)
    verifier, nonce, browser = (secrets.token_urlsafe(48) for _ in range(3))
    body = {"verifier": verifier, "nonce": nonce, "browser": _digest(browser), "then": local_path(then)}
    body["proof_of"] = me.user if is_proof else ""
    with me.portal.ledger.write() as connection:
        state = put_challenge(connection, PURPOSE, "", body, me.portal.clock())
    query = {
        "response_type": "code",
        "client_id": oidc.client_id,
        "redirect_uri": me.portal.config.portal.url + CALLBACK,
        "scope": " ".join(oidc.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("="),
        "code_challenge_method": "S256",
        "max_age": "0" if is_proof else MAX_AGE_S,  # obliges it to say `auth_time`
    }
    query |= {"prompt": "login"} if is_proof else {}
    join = "&" if "?" in metadata["authorization_endpoint"] else "?"
    answer = RedirectResponse(f"{metadata['authorization_endpoint']}{join}{urlencode(query)}", status_code=302)
    answer.set_cookie(
        STATE_COOKIE, browser, max_age=STATE_LASTS_S, path="/", secure=True, httponly=True, samesite="lax"
    )
    return answer


def local_path(then: str) -> str:
    """Where to come back to: a path of ours, and no other site's however it is written."""
    parts = urlsplit(then)
    is_ours = not parts.scheme and not parts.netloc and then.startswith("/") and not then.startswith(("//", "/\\"))
    return then if is_ours and then.isprintable() and "\\" not in then else "/"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def finish(me: Caller, state: str, code: str, error: str) -> RedirectResponse:
    """Exchange the code, verify the token, and sign in whoever it names. Raises `sign-in-failed`."""
    oidc = _settings(me)
    with me.portal.ledger.write() as connection:
        found = take_challenge(connection, PURPOSE, state, me.portal.clock())
    browser = me.request.cookies.get(STATE_COOKIE, "")
    if found is None or not hmac.compare_digest(found[1]["browser"], _digest(browser)):
        raise ProblemError("sign-in-failed", "That was begun too long ago, or elsewhere: begin again")
    if error or not code:
        noted(me, "sign in", "oidc", {"error": error[:200]}, "refused")
        raise ProblemError("sign-in-failed", f"The identity provider answered: {error[:200]}")
    claims = _claims(me, oidc, code, found[1])
    proven_at = _proven_at(me, claims)
    if found[1]["proof_of"] and me.portal.clock() - proven_at > timedelta(seconds=FRESH_S):
        raise ProblemError("sign-in-failed", "The identity provider did not ask you again: use a passkey")
    roles, accounts = granted(oidc, claims)
    if not roles:
        noted(me, "sign in", "oidc", {"subject": str(claims["sub"])[:200]}, "refused")
        raise ProblemError("sign-in-failed", "You are in no group that may sign in here")
    answer = RedirectResponse(found[1]["then"], status_code=302)
    with me.portal.ledger.write() as connection:
        user = _kept(connection, me, oidc, claims, roles, accounts)
        if user.is_disabled:
            raise ProblemError("sign-in-failed")
        if found[1]["proof_of"] not in ("", user.id):
            raise ProblemError("sign-in-failed", "That is somebody else than who was to prove it")
        sessions.begin(connection, dataclasses.replace(me, response=answer), user, "oidc", proven_at=proven_at)
    answer.delete_cookie(STATE_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _proven_at(me: Caller, claims: Any) -> datetime:
    """When the provider saw them prove who they are; now, where it does not say. Source: OpenID Connect Core, 2."""
    now, said = me.portal.clock(), claims.get("auth_time")
    if said is None:
        return now
    if not isinstance(said, int | float) or isinstance(said, bool) or not 0 <= said < 1 << 36:
        raise ProblemError("sign-in-failed", "The identity provider's token is not good")
    return min(now, datetime.fromtimestamp(said, UTC))


def _kept(
    connection: Connection, me: Caller, oidc: Oidc, claims: Any, roles: tuple[str, ...], accounts: tuple[str, ...]
) -> User:
    """The user of a subject, with the rights that their groups give them today."""
    subject = str(claims["sub"])
    known = find_subject(connection, oidc.issuer, subject)
    if known:
        return put_user(connection, dataclasses.replace(known, roles=roles, accounts=accounts))
    name = str(claims.get("preferred_username") or claims.get("name") or subject)[:180]
    if find_login(connection, name):
        name = f"{name} ({_digest(oidc.issuer + subject)[:8]})"
    user = new_user(name, roles, accounts, me.portal.clock(), issuer=oidc.issuer, subject=subject)
    return put_user(connection, user)


def granted(oidc: Oidc, claims: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Roles and accounts that a subject's groups give; a group that gives a role and names no accounts gives none."""
    groups = claims.get(oidc.groups_claim) or ()
    groups = [groups] if isinstance(groups, str) else [each for each in groups if isinstance(each, str)]
    roles = {oidc.roles[group] for group in groups if oidc.roles.get(group) in set(Role)}
    accounts = {account for group in groups for account in oidc.accounts.get(group, ())}
    return tuple(sorted(roles)), tuple(sorted(accounts))


def _claims(me: Caller, oidc: Oidc, code: str, kept: dict[str, Any]) -> Any:
    """The verified claims of the id token."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    metadata = _metadata(me, oidc)
    token = _exchanged(me, oidc, metadata, code, kept["verifier"])
    registry = jwt.JWTClaimsRegistry(
        now=int(me.portal.clock().timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": oidc.issuer},
        aud={"essential": True, "value": oidc.client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": kept["nonce"]},
    )
    try:
        keys = KeySet.import_key_set(_fetched("GET", metadata["jwks_uri"]))
        claims = jwt.decode(str(token.get("id_token", "")), keys, algorithms=ALGORITHMS).claims
        registry.validate(claims)
    except (JoseError, ValueError, KeyError) as error:
        noted(me, "sign in", "oidc", {"error": f"{type(error).__name__}: {error}"[:300]}, "refused")
        raise ProblemError("sign-in-failed", "The identity provider's token is not good") from None
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != oidc.client_id:
        raise ProblemError("sign-in-failed", "The identity provider's token is for somebody else")
    return claims


def _exchanged(me: Caller, oidc: Oidc, metadata: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
    secret = os.environ.get(oidc.client_secret_env, "") if oidc.client_secret_env else ""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": me.portal.config.portal.url + CALLBACK,
        "client_id": oidc.client_id,
        "code_verifier": verifier,
    }
    return _fetched("POST", metadata["token_endpoint"], form, (oidc.client_id, secret) if secret else None)


def _metadata(me: Caller, oidc: Oidc) -> dict[str, Any]:
    """What the provider says of itself, kept for a while. Its issuer must be the configured one."""

    def fetch() -> dict[str, Any]:
        found = _fetched("GET", oidc.issuer.rstrip("/") + "/.well-known/openid-configuration")
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != oidc.issuer or not all(is_safe(str(found.get(name, ""))) for name in wanted):
            raise ProblemError("store", "The identity provider's configuration is not what it should be")
        return found

    return me.portal.cache.get(("oidc", oidc.issuer), fetch, 600.0)


def is_safe(url: str) -> bool:
    """Whether an address is https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"))


def _fetched(method: str, url: str, form: dict[str, str] | None = None, auth: Any = None) -> Any:
    """The JSON object at an address; no redirects are followed, no proxy is taken from the environment."""
    import httpx

    if not is_safe(url):
        raise ProblemError("store", "The identity provider must be reached by https")
    try:
        with (
            httpx.Client(timeout=WITHIN_S, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, data=form, auth=auth, headers={"Accept": "application/json"}) as answer,
        ):
            answer.raise_for_status()
            content = b""
            for part in answer.iter_bytes():
                content += part
                if len(content) > MOST_BYTES:
                    raise ProblemError("store", "The identity provider answered more than can be read")
        return _object(content)
    except httpx.HTTPError as error:
        raise ProblemError("store", f"The identity provider does not answer: {type(error).__name__}") from None


def _object(content: bytes) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise ProblemError("store", "The identity provider answered no JSON object") from None
