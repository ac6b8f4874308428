"""A package as it is installed somewhere, or named in a bill of materials."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """One package in one version.

    ecosystem: OSV's name, with the release where there are releases: `PyPI`, `Debian:12`, `Alpine:v3.19`.
    source, source_version: the source package it was built from, where advisories name those (Debian, Alpine, SUSE);
    empty if it has the package's own name or version.
    module: an RPM's module stream; empty parts are not known.
    """

    ecosystem: str
    name: str
    version: str
    source: str = ""
    source_version: str = ""
    arch: str = ""
    purl: str = ""
    module: str = ""
