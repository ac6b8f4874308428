"""Waivers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape


class WaiverRow(Shape):
    """An accepted exception."""

    uid: str
    scope: str = Field(description="CEL over a finding.")
    reason: str
    owner: str
    state: Literal["proposed", "holding", "expired", "revoked"]
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    approved_by: str
    approved_at: datetime | None
    revoked_by: str
    revoked_at: datetime | None
    findings: int = Field(description="How many findings it waives now.")
    can: list[str] = Field(description="approve, revoke.")


class WaiverPage(Page[WaiverRow]):
    """Waivers."""


class WaiverProposal(Shape):
    """What to accept, why, whose it is, until when; somebody else has to approve it."""

    scope: str = Field(min_length=1, max_length=8_000)
    reason: str = Field(min_length=1, max_length=4_000)
    owner: str = Field(min_length=1, max_length=200)
    expires_at: datetime


class WaiverScope(Shape):
    """A scope to try."""

    scope: str = Field(min_length=1, max_length=8_000)


class WaiverTry(Shape):
    """What a scope would cover now."""

    count: int
    looked_at: int
    sample: list[str] = Field(description="Uids of some that it covers.")
    faults: int = Field(description="Findings on which it errs: there it would not apply.")
