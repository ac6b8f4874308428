"""CSV: one finding a row, safe to open in a spreadsheet."""

from __future__ import annotations

import io
from csv import QUOTE_ALL, writer
from typing import TYPE_CHECKING, Any

from nephoscope.export.record import record
from nephoscope.export.text import without_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nephoscope.export.format import Report
    from nephoscope.store.findings import StoredFinding

COLUMNS = (
    "severity",
    "status",
    "title",
    "reason",
    "fix",
    "kind",
    "rule",
    "account",
    "region",
    "resource_type",
    "resource_id",
    "actor",
    "first_seen_at",
    "last_seen_at",
    "occurrences",
    "tags",
    "waiver",
    "resolved_at",
    "resolved_why",
    "uid",
)


def csv(findings: Iterable[StoredFinding], report: Report) -> Iterator[bytes]:
    """A head, then a row for each finding, in UTF-8; a text that would be a formula begins with an apostrophe."""
    yield _line(COLUMNS)
    for stored in findings:
        found = record(stored)
        yield _line([_cell(found[name]) for name in COLUMNS])


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    writer(text, quoting=QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode(errors="replace")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return without_formula(text.replace("\0", ""))
