"""Vulnerabilities, the targets that have them, and the feeds that say so."""

from __future__ import annotations

from datetime import datetime

from nephoscope.portal.shapes.common import Page, Shape


class FactorShape(Shape):
    """A part of a priority. value: empty if it is not known, because of source; least, most: what it could be."""

    name: str
    value: str
    multiplier: float
    least: float
    most: float
    source: str


class VulnerabilityRow(Shape):
    """A vulnerability of a package version. targets: how many have it; on: some of them.

    priority: 0 to 100, of its most exposed target, least to most if all were known; due: by when to mend it.
    vex: what a VEX document says of it everywhere, and why.
    """

    key: str
    severity: str
    is_rated: bool
    vulnerability: str
    package: str
    version: str
    ecosystem: str
    fixed: str
    has_fix: bool
    advisories: list[str]
    aliases: list[str]
    feeds: list[str]
    found_at: datetime
    targets: int
    on: list[str]
    priority: float
    priority_least: float
    priority_most: float
    factors: list[FactorShape]
    exposure: str
    kev: bool
    ransomware: bool
    epss: float | None
    due: datetime | None
    due_why: str
    vex: str
    vex_why: str


class VulnerabilityPage(Page[VulnerabilityRow]):
    """Vulnerabilities, the gravest first."""


class TargetRow(Shape):
    """Something whose packages were looked at. cause: why the latest look saw not all."""

    key: str
    target: str
    type: str
    account: str
    region: str
    name: str
    critical: int
    high: int
    medium: int
    low: int
    vulnerabilities: int
    looked_at: datetime
    looked_by: str
    cause: str


class TargetPage(Page[TargetRow]):
    """Targets, those with the gravest vulnerabilities first."""


class FeedRow(Shape):
    """A feed of advisories. is_matched: whether everything known was matched with it as it is now."""

    name: str
    advisories: int
    newest_at: str
    imported_at: datetime
    sha256: str
    is_matched: bool


class FeedPage(Page[FeedRow]):
    """Feeds, by name."""
