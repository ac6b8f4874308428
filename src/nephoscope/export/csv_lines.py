"""Lines of CSV that are safe to open in a spreadsheet."""

from __future__ import annotations

import io
from csv import QUOTE_ALL, writer
from typing import TYPE_CHECKING, Any

from nephoscope.export.text import without_formula

if TYPE_CHECKING:
    from collections.abc import Iterable


def csv_line(cells: Iterable[str]) -> bytes:
    """A line in UTF-8, every cell quoted."""
    text = io.StringIO()
    writer(text, quoting=QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode(errors="replace")


def csv_cell(value: Any) -> str:
    """A value as text; one that would be a formula begins with an apostrophe, lists have spaces between."""
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return without_formula(text.replace("\0", ""))
