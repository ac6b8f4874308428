"""Ecosystems whose packages are repositories or extensions, named without regard to case: SemVer's order."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.semver import semver_key


def package_name(name: str) -> str:
    """`github.com/owner/name` for `https://github.com/Owner/Name.git`."""
    return name.casefold().removeprefix("https://").removesuffix(".git")


@ecosystem("GitHub Actions", "SwiftURL", "VSCode", package_name=package_name, is_semver=True)
def github(version: str) -> bytes | None:
    """numbers[-prerelease][+build]; a tag `v4` is 4.0.0.

    Order: v3 = 3.0.0 < v3.1 < v4.0.0-rc.1 < v4
    Refuses: main
    """
    return semver_key(version)
