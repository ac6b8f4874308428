"""Signed requests: who sent one, that nothing of it was changed, that it is fresh and comes once.

`Authorization: Nephoscope-HMAC agent=…, time=…, nonce=…, signature=…`: an HMAC-SHA256 (RFC 2104) by the agent's key
over method, path with query, SHA-256 of the body as sent, time and nonce, a line each.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

from nephoscope.model.errors import HostRefused

FORM = re.compile(
    r"Nephoscope-HMAC agent=([0-9a-f]{32}), time=([0-9]{1,12}), nonce=([0-9a-f]{32}), signature=([0-9a-f]{64})"
)
KEY_BYTES = 32
CLOCK_S = 300  # how far an agent's clock may be off
NONCES_S = 2 * CLOCK_S  # for how long a nonce is remembered


@dataclass(frozen=True)
class Signed:
    """What a request says of who sent it. time: Unix seconds."""

    agent: str
    time: int
    nonce: str
    signature: str


def parse_authorization(header: str) -> Signed:
    """The header's parts. Raises HostRefused."""
    found = FORM.fullmatch(header)
    if found is None:
        raise HostRefused("unknown-agent", "the header Authorization is not signed as an agent signs")
    return Signed(found[1], int(found[2]), found[3], found[4])


def agent_id(key: bytes) -> str:
    """The id that a key gives: 32 hex digits."""
    return hashlib.sha256(b"nephoscope-agent\0" + key).hexdigest()[:32]


def parse_key(text: str) -> bytes:
    """A key from base64. Raises HostRefused."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise HostRefused("unreadable", f"the key is not base64 of {KEY_BYTES} bytes")
    return key


def signature_of(key: bytes, method: str, path: str, body: bytes, time: int, nonce: str) -> str:
    """A request's signature, hex. path: with its query, as sent; body: as sent."""
    text = "\n".join((method, path, hashlib.sha256(body).hexdigest(), str(time), nonce))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def check_signature(signed: Signed, key: bytes | None, method: str, path: str, body: bytes) -> None:
    """Raise HostRefused unless the key signed the request; without a key it takes as long. The clock is not asked."""
    expected = signature_of(key or bytes(KEY_BYTES), method, path, body, signed.time, signed.nonce)
    is_right = hmac.compare_digest(expected, signed.signature)
    if key is None or not is_right:
        raise HostRefused("unknown-agent", "no agent that is enrolled here signed this request")


def check_clock(signed: Signed, now: int) -> None:
    """Raise HostRefused unless a request was signed lately. now: Unix seconds."""
    off = signed.time - now
    if abs(off) > CLOCK_S:
        raise HostRefused("clock", f"the request's time is {off} s off this gateway's, more than {CLOCK_S}")
