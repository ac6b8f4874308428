"""Go modules, the standard library and the toolchain."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.semver import semver_key

_TOOLCHAIN = re.compile(r"(?:go)?([0-9]+(?:\.[0-9]+)*)(?:(beta|rc)([0-9]+))?")


@ecosystem("Go", is_semver=True)
def go(version: str) -> bytes | None:
    """v1.2.3[-prerelease][+incompatible]; the toolchain's `go1.22rc1` is 1.22.0-rc.1.

    Order: v0.0.0-20210101000000-abcdefabcdef < v1.0.0-rc.1 < v1.0.0 = 1.0.0+incompatible < go1.22rc1
        < go1.22 < v1.22.1
    Refuses: devel
    Source: https://go.dev/ref/mod#versions
    """
    if found := _TOOLCHAIN.fullmatch(version):
        numbers, stage, number = found.groups()
        return semver_key(f"{numbers}-{stage}.{number}" if stage else numbers)
    return semver_key(version)
