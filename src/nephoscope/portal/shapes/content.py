"""Rules, checks and frameworks: what is looked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape


class RuleRow(Shape):
    """A detection rule. last_fired_at: of the newest finding that it made."""

    id: str
    name: str
    title: str
    severity: str
    kind: Literal["rule", "correlation", "python"]
    status: str
    tags: list[str]
    product: str
    service: str
    where: str
    is_silent: bool = Field(description="Used by correlations only; makes no finding of its own.")
    open_findings: int
    findings: int
    last_fired_at: datetime | None


class RulePage(Page[RuleRow]):
    """Rules."""


class Rule(RuleRow):
    """A rule with its text and its examples."""

    description: str
    falsepositives: list[str]
    references: list[str]
    fields: list[str]
    source: str = Field(description="The text of its file; empty where it cannot be read.")
    match: list[Any]
    no_match: list[Any]
    correlates: list[str]


class CheckRow(Shape):
    """A check, and how many resources got which verdict of it; Unknown is in the denominator."""

    name: str
    title: str
    severity: str
    types: list[str]
    frameworks: list[str]
    verdicts: dict[str, int]
    open_findings: int


class CheckPage(Page[CheckRow]):
    """Checks."""


class Check(CheckRow):
    """A check with what it says of itself."""

    why: str
    fix: str
    limits: str
    source: str
    requirements: list[RequirementRef]


class RequirementRef(Shape):
    """A requirement that a check answers."""

    framework: str
    requirement: str
    about: str


class FrameworkRow(Shape):
    """A framework. answers: how many of its requirements have which verdict; `None` stands for those not asked."""

    name: str
    title: str
    version: str
    publisher: str
    source: str
    requirements: int
    answers: dict[str, int]
    verdicts: dict[str, int] = Field(description="Of all its checks; Unknown is in the denominator.")


class FrameworkPage(Page[FrameworkRow]):
    """Frameworks."""


class RequirementAnswer(Shape):
    """What verdicts say of one requirement: Fail before Unknown before Pass; empty if nothing was asked."""

    id: str
    about: str
    checks: list[str]
    verdict: str
    verdicts: dict[str, int]
    open_findings: int
    q: str = Field(description="The query under /findings that lists what is counted.")


class Framework(FrameworkRow):
    """A framework with its requirements in its order."""

    controls: list[RequirementAnswer]
