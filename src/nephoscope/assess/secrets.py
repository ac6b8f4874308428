"""Secrets in texts that are not made to keep any: user data, environment variables."""

from __future__ import annotations

import base64
import binascii

import re2

# Forms that the issuers publish; each can be recognised without knowing where it stands.
_FORMS = {
    "an AWS access key": re2.compile(r"\b(AKIA|ASIA)[A-Z2-7]{16}\b"),
    "a private key": re2.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----"),
    "a GitHub token": re2.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50,})"),
    "a Slack token": re2.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}"),
    "a Stripe key": re2.compile(r"\b[rs]k_live_[0-9A-Za-z]{20,}"),
    "a Google API key": re2.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a password in an address": re2.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@${]+:[^\s/:@${]{6,}@"),
}
_ASSIGNED = re2.compile(
    r"(?i)\b[a-z0-9_.-]*(password|passwd|secret|api_?key|access_?key|auth_?token|private_?key)[\"']?\s*[:=]\s*"
    r"[\"']?([^\s\"'${<%]{8,})"
)
_SECRET_NAME = re2.compile(r"(?i)(password|passwd|secret|api_?key|access_?key|auth_?token|private_?key)")
_NOT_THE_NAME_OF_A_PLACE = re2.compile(r"(?i)(arn|name|path|id|file|url|uri|ref|region)$")
_PLACE = re2.compile(r"^(arn:|/|https?://|\{\{resolve:|projects/)")


def secret_in(text: str) -> str:
    """What kind of secret a text holds; empty if none is recognised. The secret itself is not repeated."""
    for kind, form in _FORMS.items():
        if form.search(text):
            return kind
    for found in _ASSIGNED.finditer(text):
        if _is_value(str(found.group(2))):
            return "a password"
    return ""


def secret_variable(name: str, value: str) -> str:
    """What kind of secret a variable holds; its name may tell that it is one."""
    named = _SECRET_NAME.search(name) and not _NOT_THE_NAME_OF_A_PLACE.search(name)
    if named and len(value) >= 8 and _is_value(value):
        return "a password"
    return secret_in(value)


def decoded(text: str) -> str:
    """A text that may be Base64, decoded."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode(errors="replace")
    except (binascii.Error, ValueError):
        return text


def _is_value(value: str) -> bool:
    """Whether it is a secret rather than the place of one."""
    return not _PLACE.search(value) and len(set(value)) > 3
