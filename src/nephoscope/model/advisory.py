"""An advisory: which versions of which packages have a vulnerability, in the shape of OSV's records.

Source: https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Event(Struct, frozen=True, gc=False, omit_defaults=True):
    """A version at which something begins or ends; exactly one of them is there."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(Struct, frozen=True, omit_defaults=True):
    """Versions between events. type: SEMVER, ECOSYSTEM (the ecosystem's own order) or GIT."""

    type: str
    events: list[Event] = []


class Score(Struct, frozen=True, gc=False, omit_defaults=True):
    """How grave it is. type: CVSS_V2, CVSS_V3, CVSS_V4 with a vector, or a publisher's own with its word."""

    type: str = ""
    score: str = ""


class AffectedPackage(Struct, frozen=True, gc=False, omit_defaults=True):
    """Which package: the ecosystem with its release, and the name there."""

    ecosystem: str
    name: str


class Affected(Struct, frozen=True, omit_defaults=True):
    """One package's versions that are affected: those in `versions`, and those in any of the ranges."""

    package: AffectedPackage | None = None
    ranges: list[Range] | None = None
    versions: list[str] | None = None
    severity: list[Score] | None = None
    ecosystem_specific: Any = None
    database_specific: Any = None


class Advisory(Struct, frozen=True, omit_defaults=True):
    """One record.

    upstream: what it repeats for a distribution; related: other records, in errata the vulnerabilities that are mended;
    withdrawn: when it ceased to hold.
    """

    id: str
    modified: str = ""
    withdrawn: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    summary: str | None = None
    severity: list[Score] | None = None
    affected: list[Affected] | None = None
    database_specific: Any = None
