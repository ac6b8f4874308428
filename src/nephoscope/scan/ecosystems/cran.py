"""R packages: numbers, divided by dots and hyphens."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.version_key import numbers_key

_FORM = re.compile(r"[0-9]+(?:[.-][0-9]+)*")
_DIVIDERS = re.compile(r"[.-]")


@ecosystem("CRAN", "Bioconductor")
def cran(version: str) -> bytes | None:
    """`1.0-2` is 1, 0, 2; of two that begin alike the shorter comes first.

    Order: 1.0 < 1.0-1 < 1.0.2 < 1.10
    Refuses: 1.0a 1..2
    Source: `package_version` of R's base package.
    """
    return numbers_key(_DIVIDERS.split(version)) if _FORM.fullmatch(version) else None
