"""SUSE: rpm's order, advisories by source package, releases by their marketing names."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.rpm import rpm

_ENTERPRISE = re.compile(r"Linux Enterprise (?!Micro\b)[A-Za-z ]*?([0-9]+)( SP[0-9]+)?(?:[- ][A-Za-z-]+)?")


def release(text: str) -> str:
    """`Linux Enterprise 15 SP3` for its server, its modules and extensions, and its longer support; others stay.

    A server has packages of many modules, and which of them were added is in no name.
    """
    found = _ENTERPRISE.fullmatch(text)
    return f"Linux Enterprise {found[1]}{found[2] or ''}" if found else text


@ecosystem("SUSE", "openSUSE", release=release, by_source=True, has_releases=True)
def suse(version: str) -> bytes | None:
    """[epoch:]version[-release], as rpm orders it.

    Order: 1.0~rc1-1 < 1.0-150000.1.1 < 1.0-150000.2.1 < 1:0.1-1
    """
    return rpm.key(version)
