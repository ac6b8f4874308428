"""Dart packages: SemVer, and the build counts."""

from __future__ import annotations

from nephoscope.scan.ecosystem import ecosystem
from nephoscope.scan.ecosystems.semver import semver_key


@ecosystem("Pub", is_semver=True)
def pub(version: str) -> bytes | None:
    """numbers[-prerelease][+build]; `1.0.0+1` comes after `1.0.0`.

    Order: 1.0.0-rc < 1.0.0 < 1.0.0+1 < 1.0.0+a < 1.0.1
    Refuses: x
    Source: https://dart.dev/tools/pub/versioning
    """
    return semver_key(version, with_build=True)
