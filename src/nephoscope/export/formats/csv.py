"""CSV: one finding a row, safe to open in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.export.csv_lines import csv_cell, csv_line
from nephoscope.export.record import record

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
    yield csv_line(COLUMNS)
    for stored in findings:
        found = record(stored)
        yield csv_line([csv_cell(found[name]) for name in COLUMNS])
