"""Packages of the distribution: dpkg, rpm, apk; not those of languages, which take a walk over all files."""

from __future__ import annotations

from typing import Any

from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.packages.finding import system_packages_of
from nephoscope.agent.packages.package import Package
from nephoscope.agent.tree import Folder

PARTS = ("ecosystem", "name", "version", "source", "source_version", "module", "arch", "purl")


def rows(host: Host) -> list[dict[str, Any]]:
    """One row per package, and one with `cause` for each database, or part of one, that could not be read.

    Raises Unreadable where no database is found at all: that is no host without packages.
    """
    host.names("/")
    try:
        tree = Folder(host.root)
    except OSError as error:
        raise Unreadable("/", error.strerror or str(error)) from error
    with tree:
        found_rows = [
            {part: getattr(found, part) for part in PARTS if getattr(found, part)}
            if isinstance(found, Package)
            else {"location": found.location, "cause": found.cause}
            for found in system_packages_of(tree)
        ]
    if not found_rows:
        raise Unreadable("/var/lib", "no package database is there that is known here")
    return found_rows
