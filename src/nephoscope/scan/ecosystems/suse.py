"""SUSE: rpm's order, advisories by source package, releases by their marketing names."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.rpm import rpm


@ecosystem("SUSE", "openSUSE", by_source=True, has_releases=True)
def suse(version: str) -> bytes | None:
    """[epoch:]version[-release], as rpm orders it.

    Order: 1.0~rc1-1 < 1.0-150000.1.1 < 1.0-150000.2.1 < 1:0.1-1
    """
    return rpm.key(version)
