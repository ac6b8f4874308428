"""JSON lines: one finding a line, with its actor, events and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from nephoscope.export.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.export.format import Report
    from nephoscope.store.findings import StoredFinding

# What else may end a line for some reader.
LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def jsonl(findings: Iterable[StoredFinding], report: Report) -> Iterator[bytes]:
    """One JSON object a line."""
    for stored in findings:
        yield msgspec.json.encode(record(stored)).decode().translate(LINE_ENDS).encode() + b"\n"
