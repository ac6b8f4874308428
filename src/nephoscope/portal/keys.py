"""Names of things in addresses: parts of any text, joined and encoded, and taken apart again."""

from __future__ import annotations

import base64
import binascii

from nephoscope.portal.problems import ProblemError

LONGEST = 4_096
APART = "\x1f"


def key(*parts: str) -> str:
    """Parts as one name that needs no quoting in an address."""
    text = APART.join(parts).encode(errors="replace")
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def parts(name: str, count: int) -> tuple[str, ...]:
    """The parts of a name. Raises `not-found` for what is no name of so many."""
    try:
        if len(name) > LONGEST:
            raise ValueError(name[:20])
        text = base64.b64decode(name + "=" * (-len(name) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise ProblemError("not-found") from None
    found = tuple(text.split(APART))
    if len(found) != count or "\x00" in text:
        raise ProblemError("not-found")
    return found


def item_key(account: str, region: str, type_: str, id_: str) -> str:
    """Of an item; empty where there is no id."""
    return key(account, region, type_, id_) if id_ and type_ else ""
