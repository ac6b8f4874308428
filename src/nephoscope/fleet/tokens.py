"""Join tokens: by which a host enrols, a number of times and until a moment. Only the hash of one is kept.

`njt_ID_SECRET_FINGERPRINT`: the fingerprint is the beginning of the policy key's, so that an agent that holds a token
knows the gateway that it may trust.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  a dataclass's field
from typing import TYPE_CHECKING

from nephoscope.model.errors import HostRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = re.compile(r"njt_([0-9a-f]{12})_([A-Za-z0-9_-]{43})_([0-9a-f]{32})")
REFUSED = "the join token is unknown, used up or expired: nephoscope fleet token makes another"


@dataclass(frozen=True)
class JoinToken:
    """A token as it is kept. secret_sha256: hex; uses: how many hosts may still join; tags: given to those that do."""

    id: str
    secret_sha256: str
    uses: int
    expires_at: datetime
    tags: Mapping[str, str]
    made_by: str
    made_at: datetime


def make_token(
    fingerprint: str, uses: int, made_at: datetime, expires_at: datetime, tags: Mapping[str, str], made_by: str
) -> tuple[str, JoinToken]:
    """A new token: its text, which is shown once, and what is kept. fingerprint: the policy key's, hex."""
    id_, secret = secrets.token_hex(6), secrets.token_bytes(32)
    shown = base64.urlsafe_b64encode(secret).decode().rstrip("=")
    kept = JoinToken(id_, hash_of(shown), uses, expires_at, dict(tags), made_by, made_at)
    return f"njt_{id_}_{shown}_{fingerprint[:32]}", kept


def hash_of(secret: str) -> str:
    """A token's secret part as it is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parse_token(text: str) -> tuple[str, str]:
    """A token's id and secret. Raises HostRefused."""
    found = FORM.fullmatch(text)
    if found is None:
        raise HostRefused("token", REFUSED)
    return found[1], found[2]


def check_token(kept: JoinToken | None, secret: str, now: datetime) -> JoinToken:
    """The kept token, if the secret is its own and it still lets in. Raises HostRefused, the same for every cause."""
    expected = kept.secret_sha256 if kept else hash_of("")
    is_right = hmac.compare_digest(expected, hash_of(secret))
    if kept is None or not is_right or kept.uses < 1 or kept.expires_at <= now:
        raise HostRefused("token", REFUSED)
    return kept
