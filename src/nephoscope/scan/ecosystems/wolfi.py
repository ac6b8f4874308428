"""Wolfi and others with apk that have no releases: apk-tools' order."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.alpine import alpine


@ecosystem("Chainguard", "CleanStart", "MinimOS", "Wolfi", by_source=True)
def wolfi(version: str) -> bytes | None:
    """digits{.digits}[letter]{_suffix[number]}[~hash][-rN], as apk orders it.

    Order: 1.2_rc1 < 1.2-r0 < 1.2-r10 < 1.2.1-r0
    Refuses: -
    """
    return alpine.key(version)
