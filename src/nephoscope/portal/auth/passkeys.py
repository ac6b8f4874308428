"""Passkeys: made and used by the browser, verified here.

Source: https://www.w3.org/TR/webauthn-3/
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from nephoscope.portal.audit import note, noted
from nephoscope.portal.auth import myself, sessions
from nephoscope.portal.auth.attempts import counted, paced, was_right
from nephoscope.portal.problems import ProblemError
from nephoscope.portal.shapes.common import Done
from nephoscope.portal.shapes.people import Me, PasskeyAnswer, PasskeyOptions, PasskeyRow
from nephoscope.portal.versions import require_match
from nephoscope.store.sessions import get_session, put_challenge, take_challenge
from nephoscope.store.users import Passkey, drop_passkey, get_passkey, get_user, passkeys_of, put_passkey

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from nephoscope.portal.caller import Caller

REGISTER, SIGN_IN = "passkey register", "passkey sign in"
MOST = 20


def _party(me: Caller) -> tuple[str, list[str]]:
    """The relying party's id, and the origins from which it may be asked."""
    url = urlsplit(me.portal.config.portal.url)
    return url.hostname or "localhost", [f"{url.scheme}://{url.netloc}"]


def begin_registration(me: Caller) -> PasskeyOptions:
    """What the browser makes a passkey with."""
    import webauthn
    from webauthn.helpers.base64url_to_bytes import base64url_to_bytes
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    party, _ = _party(me)
    with me.portal.ledger.write() as connection:
        known = passkeys_of(connection, me.user)
        options = webauthn.generate_registration_options(
            rp_id=party,
            rp_name="Nephoscope",
            user_id=me.user.encode(),
            user_name=me.name,
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.id)) for each in known],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        text = webauthn.options_to_json(options)
        challenge = put_challenge(connection, REGISTER, me.user, _challenge(text), me.portal.clock())
    return PasskeyOptions(challenge=challenge, options=msgspec.json.decode(text))


def _challenge(options: str) -> str:
    return str(msgspec.json.decode(options)["challenge"])


def finish_registration(me: Caller, answer: PasskeyAnswer) -> PasskeyRow:
    """Keep the passkey that the browser made."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

    party, origins = _party(me)
    now = me.portal.clock()
    expected = _expected(me, REGISTER, answer.challenge, me.user)
    try:
        verified = webauthn.verify_registration_response(
            credential=answer.credential,
            expected_challenge=base64url_to_bytes(expected),
            expected_rp_id=party,
            expected_origin=origins,
            require_user_verification=True,
        )
    except _errors() as error:
        raise ProblemError("bad-value", f"The passkey was not made as asked: {error!s:.200}") from None
    key = bytes_to_base64url(verified.credential_public_key)
    id_ = bytes_to_base64url(verified.credential_id)
    passkey = Passkey(id_, me.user, key, verified.sign_count, answer.label or "passkey", now)
    with me.portal.ledger.write() as connection:
        if get_passkey(connection, id_) or len(passkeys_of(connection, me.user)) >= MOST:
            raise ProblemError("conflict", f"This passkey is known already, or there are {MOST}")
        put_passkey(connection, passkey)
        note(connection, me, "passkey register", id_, {"label": passkey.label})
    return _row(passkey)


def _expected(me: Caller, purpose: str, challenge: str, user: str) -> str:
    with me.portal.ledger.write() as connection:
        found = take_challenge(connection, purpose, challenge, me.portal.clock())
    if found is None or found[0] != user:
        raise ProblemError("sign-in-failed", "That was asked too long ago, or answered before: begin again")
    return str(found[1])


def _errors() -> Any:
    from webauthn.helpers.exceptions import WebAuthnException

    return (WebAuthnException, ValueError, KeyError, TypeError)


def begin_sign_in(me: Caller) -> PasskeyOptions:
    """What the browser asks a passkey with; which one, the user chooses there."""
    paced(me)
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    party, _ = _party(me)
    options = webauthn.generate_authentication_options(
        rp_id=party, user_verification=UserVerificationRequirement.REQUIRED
    )
    text = webauthn.options_to_json(options)
    with me.portal.ledger.write() as connection:
        challenge = put_challenge(connection, SIGN_IN, "", _challenge(text), me.portal.clock())
    return PasskeyOptions(challenge=challenge, options=msgspec.json.decode(text))


def finish_sign_in(me: Caller, answer: PasskeyAnswer) -> Me:
    """Sign in by what a passkey answered; who is signed in proves it again."""
    counted(me)
    expected = _expected(me, SIGN_IN, answer.challenge, "")
    with me.portal.ledger.read() as connection:
        passkey = get_passkey(connection, str(answer.credential.get("id", "")))
    is_other = passkey is not None and me.way == "session" and passkey.user_id != me.user
    count = None if passkey is None or is_other else _verified(me, passkey, answer.credential, expected)
    if passkey is None or count is None:
        noted(me, "sign in", "passkey", outcome="refused")
        raise ProblemError("sign-in-failed", "The passkey did not sign you in")
    with me.portal.ledger.write() as connection:
        user = get_user(connection, passkey.user_id)
        now_kept = get_passkey(connection, passkey.id)
        if user is None or user.is_disabled or now_kept is None or now_kept.sign_count != passkey.sign_count:
            raise ProblemError("sign-in-failed", "The passkey was used or forgotten meanwhile")
        expires_at = _end_of(connection, me) if user.issuer else None
        was_right(connection, me)
        put_passkey(connection, dataclasses.replace(passkey, sign_count=count, last_used_at=me.portal.clock()))
        signed_in = sessions.begin(connection, me, user, "passkey", expires_at=expires_at)
    return myself.shown(signed_in)


def _end_of(connection: Connection, me: Caller) -> datetime:
    """When the session ends in which a user of an identity provider proves it again.

    The provider alone lets them in, with the groups of today. Raises `sign-in-failed` without a session.
    """
    session = get_session(connection, me.session) if me.session else None
    if session is None:
        raise ProblemError("sign-in-failed", "Sign in through the identity provider; the passkey then proves it again")
    return session.expires_at


def _verified(me: Caller, passkey: Passkey, credential: dict[str, Any], expected: str) -> int | None:
    """The passkey's new count; None where its answer is not good."""
    import webauthn
    from webauthn.helpers import base64url_to_bytes

    party, origins = _party(me)
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(expected),
            expected_rp_id=party,
            expected_origin=origins,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _errors():
        return None
    return int(verified.new_sign_count)


def listed(me: Caller) -> dict[str, Any]:
    """One's passkeys."""
    with me.portal.ledger.read() as connection:
        rows = [_row(each) for each in passkeys_of(connection, me.user)]
    return {"items": rows, "next": None, "total": len(rows), "total_relation": "eq"}


def forget(me: Caller, id_: str, if_match: str | None) -> Done:
    """Forget a passkey of one's own; its version is its id, it never changes."""
    with me.portal.ledger.write() as connection:
        known = get_passkey(connection, id_)
        if known is None or known.user_id != me.user:
            raise ProblemError("not-found", "You have no such passkey")
        require_match(if_match, id_)
        drop_passkey(connection, me.user, id_)
        note(connection, me, "passkey delete", id_, {"label": known.label})
    return Done()


def _row(passkey: Passkey) -> PasskeyRow:
    return PasskeyRow(
        id=passkey.id, label=passkey.label, created_at=passkey.created_at, last_used_at=passkey.last_used_at
    )
