"""Cursors and other texts that clients carry and cannot make: signed, and bound to what they are for."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

import msgspec

from nephoscope.portal.problems import ProblemError
from nephoscope.store.tables import EPOCH, to_micros

SIGNATURE_BYTES = 16
LONGEST = 8_192


def seal(secret: bytes, purpose: str, value: Any) -> str:
    """A JSON value (times are allowed) as text that `unseal` takes for the same purpose only."""
    body = msgspec.json.encode(_packed(value))
    return base64.urlsafe_b64encode(_signature(secret, purpose, body) + body).decode().rstrip("=")


def unseal(secret: bytes, purpose: str, text: str, problem: str = "bad-cursor") -> Any:
    """What was sealed. Raises the problem for a text that we did not make for this purpose."""
    try:
        if len(text) > LONGEST:
            raise ValueError(text[:20])
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise ProblemError(problem) from None
    signature, body = content[:SIGNATURE_BYTES], content[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(secret, purpose, body)):
        raise ProblemError(problem)
    return _unpacked(msgspec.json.decode(body))


def _signature(secret: bytes, purpose: str, body: bytes) -> bytes:
    text = purpose.encode(errors="surrogatepass")
    return hmac.digest(secret, len(text).to_bytes(8) + text + body, hashlib.sha256)[:SIGNATURE_BYTES]


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"µ": to_micros(value)}
    if isinstance(value, dict):
        return {"{}": {str(name): _packed(each) for name, each in value.items()}}
    return [_packed(each) for each in value] if isinstance(value, list | tuple) else value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        if "µ" in value:
            from datetime import timedelta

            return EPOCH + timedelta(microseconds=value["µ"])
        return {name: _unpacked(each) for name, each in value["{}"].items()}
    return [_unpacked(each) for each in value] if isinstance(value, list) else value
