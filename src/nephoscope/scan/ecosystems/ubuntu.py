"""Ubuntu: dpkg's order; releases are written with their month."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.debian import debian


def release(text: str) -> str:
    """`22.04` for `22.04:LTS` and `22.04.3`; `Pro:` stays: its fixes are for subscribers alone."""
    before, colon, number = text.removesuffix(":LTS").rpartition(":")
    return before + colon + ".".join(number.split(".")[:2])


@ecosystem("Ubuntu", release=release, by_source=True, has_releases=True)
def ubuntu(version: str) -> bytes | None:
    """[epoch:]upstream[-revision], as dpkg orders it.

    Order: 1.0~rc1-1 < 1.0-1 < 1.0-1ubuntu0.22.04.1 < 1.0-1ubuntu1 < 1:0.1
    """
    return debian.key(version)
