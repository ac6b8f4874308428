"""Ubuntu: dpkg's order; releases are written with their month."""

from __future__ import annotations

import re

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.debian import debian


def release(text: str) -> str:
    """`22.04` for `22.04:LTS` and `22.04.3`; `Pro:` stays: its fixes are for subscribers alone."""
    before, colon, number = text.removesuffix(":LTS").rpartition(":")
    return before + colon + ".".join(number.split(".")[:2])


def general(release: str) -> str:
    """`22.04` for `Pro:22.04`; its FIPS and real-time packages are others, not later ones."""
    found = re.fullmatch(r"Pro:([0-9]+\.[0-9]+)", release)
    return found[1] if found else ""


@ecosystem("Ubuntu", release=release, by_source=True, has_releases=True, general=general)
def ubuntu(version: str) -> bytes | None:
    """[epoch:]upstream[-revision], as dpkg orders it.

    Order: 1.0~rc1-1 < 1.0-1 < 1.0-1ubuntu0.22.04.1 < 1.0-1ubuntu1 < 1:0.1
    """
    return debian.key(version)
