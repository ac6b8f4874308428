"""NuGet: SemVer with a fourth number, without regard to case."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.semver import semver_key


@ecosystem("NuGet", package_name=str.casefold, is_semver=True)
def nuget(version: str) -> bytes | None:
    """major[.minor[.patch[.revision]]][-prerelease][+build].

    Order: 1.0.0-ALPHA = 1.0.0-alpha < 1.0 = 1.0.0.0 < 1.0.0.1
    Refuses: a
    Source: https://learn.microsoft.com/nuget/concepts/package-versioning
    """
    return semver_key(version.lower())
