"""Callers who come with a token of another identity provider instead of a signature.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import msgspec

from nephoscope.sandbox.iam.evaluate import Caller

if TYPE_CHECKING:
    from nephoscope.sandbox.call import ApiCall

_LONGEST_TOKEN = 20_000


def federated_caller(call: ApiCall) -> Caller | None:
    """Who assumes a role by a token: its provider. None for all other calls. Tokens' signatures are not verified."""
    if call.service != "sts" or call.operation not in ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"):
        return None
    if call.operation == "AssumeRoleWithSAML":
        return Caller("Federated", service=str(call.parameters.get("PrincipalArn", "")))
    return Caller("Federated", service=_issuer(_claims(call)))


def federation_keys(call: ApiCall) -> dict[str, Any]:
    """The token's claims as condition keys: `token.actions.githubusercontent.com:sub`, `…:aud`."""
    claims = _claims(call)
    issuer = _issuer(claims).lower()
    return {f"{issuer}:{name.lower()}": value for name, value in claims.items() if issuer and _is_plain(value)}


def _claims(call: ApiCall) -> dict[str, Any]:
    """The token's payload; nothing where there is none that can be read, which then no condition fits."""
    token = str(call.parameters.get("WebIdentityToken", ""))
    parts = token.split(".")
    if call.operation != "AssumeRoleWithWebIdentity" or len(parts) != 3 or len(token) > _LONGEST_TOKEN:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = msgspec.json.decode(base64.urlsafe_b64decode(padded))
    except (msgspec.DecodeError, binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _issuer(claims: dict[str, Any]) -> str:
    return str(claims.get("iss", "")).removeprefix("https://").rstrip("/")


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))
