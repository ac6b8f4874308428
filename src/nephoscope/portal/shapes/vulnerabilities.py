"""Vulnerabilities, the targets that have them, and the feeds that say so."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from nephoscope.portal.shapes.common import Page, Shape

SHOWN = 50  # targets of a row


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

    states: what its publishers will do where there is no fix, or for whom there is one. feed_dates: of when the newest
    advisory of each feed is. priority: 0 to 100, of its most exposed target, least to most if all were known; due: by
    when to mend it. vex: what a VEX document says of it everywhere, and why.
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
    states: list[str]
    advisories: list[str]
    aliases: list[str]
    feeds: list[str]
    feed_dates: dict[str, str]
    found_at: datetime
    targets: int
    on: Annotated[list[str], BeforeValidator(lambda targets: targets[:SHOWN])]
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


class VulnerablePackageRow(Shape):
    """A package version and what an upgrade of it would end. fixed: versions that end some of it, if any is known."""

    key: str
    package: str
    version: str
    ecosystem: str
    fixed: str
    has_fix: bool
    critical: int
    high: int
    medium: int
    low: int
    vulnerabilities: int
    targets: int
    on: list[str]


class VulnerablePackagePage(Page[VulnerablePackageRow]):
    """Vulnerable packages, those with the gravest vulnerabilities first."""


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
    """A feed of advisories. is_matched: whether everything known was matched with it as it is now.

    age_days: since its newest advisory. checked_at: when its publisher last said what there is; null if it never was
    asked. cause: why the latest attempt to fetch it failed.
    """

    name: str
    advisories: int
    newest_at: str
    imported_at: datetime
    sha256: str
    is_matched: bool
    age_days: int | None
    checked_at: datetime | None
    cause: str


class FeedPage(Page[FeedRow]):
    """Feeds, by name."""
