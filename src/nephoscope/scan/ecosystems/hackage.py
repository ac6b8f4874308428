"""Haskell packages and compilers: numbers, divided by dots."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import numbers_key

_FORM = re.compile(r"[0-9]+(?:\.[0-9]+)*")


@ecosystem("Hackage", "GHC")
def hackage(version: str) -> bytes | None:
    """Numbers in turn; of two that begin alike the shorter comes first (`1.0` before `1.0.0`).

    Order: 1 < 1.0 < 1.0.1 < 1.10
    Refuses: 1.0-rc
    Source: https://pvp.haskell.org/
    """
    return numbers_key(version.split(".")) if _FORM.fullmatch(version) else None
