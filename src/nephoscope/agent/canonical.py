"""One way to write a value down, so that a digest of it means the same on both sides.

Canonical JSON here: keys sorted, no spaces, all but ASCII escaped. A table's digest: SHA-256 of the canonical JSON of
the list of its rows, sorted by each row's own canonical JSON; a row that is there twice counts once.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Iterable

Row = Dict[str, Any]


def canonical(value: Any) -> str:
    """A value's canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def sha256(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def ordered(rows: Iterable[Row]) -> list[str]:
    """Rows as canonical JSON, sorted, each once."""
    return sorted({canonical(row) for row in rows})


def digest_of(lines: Iterable[str]) -> str:
    """The digest of what `ordered` gives, made without holding it twice."""
    found = hashlib.sha256(b"[")
    for number, line in enumerate(lines):
        found.update(("," if number else "").encode() + line.encode())
    found.update(b"]")
    return found.hexdigest()
