"""Rocky Linux and Mageia: rpm's order, advisories by source package."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.rpm import release, rpm


@ecosystem("Mageia", "Rocky Linux", release=release, by_source=True, has_releases=True)
def rocky(version: str) -> bytes | None:
    """[epoch:]version[-release], as rpm orders it.

    Order: 1.0~rc1-1.el9 < 1.0-1.el9 < 1.0-1.el9_2 < 1:0.1-1
    """
    return rpm.key(version)
