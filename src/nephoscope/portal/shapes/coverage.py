"""Coverage, accounts and the overview: how much is seen."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape

Health = Literal["ok", "partial", "blind", "waiting"]


class GapRow(Shape):
    """Something that cannot, or could not, be seen."""

    key: str
    area: str
    subject: str
    account: str
    region: str
    cause: str
    permission: str
    since: datetime
    last_at: datetime
    times: int
    closed_at: datetime | None
    state: Literal["open", "closed"]


class GapPage(Page[GapRow]):
    """Gaps, those last met first."""


class HourRow(Shape):
    """How complete an hour of an account's and region's log is."""

    source: str
    account: str
    region: str
    start_at: datetime
    state: str
    reasons: list[str]
    changed_at: datetime


class HourPage(Page[HourRow]):
    """Hours of logs, the latest first."""


class Coverage(Shape):
    """What is seen, in numbers."""

    gaps: dict[str, int] = Field(description="Open gaps, by area.")
    hours: dict[str, int] = Field(description="Hours of logs, by state.")
    items: int
    verdicts: dict[str, int]
    accounts: int
    events: int
    last_event_at: datetime | None
    lag_s: float | None = Field(description="How long ago the newest event happened.")


class SourceHealth(Shape):
    """A log source. health: blind while it cannot be read at all."""

    name: str
    type: str
    health: Health
    gaps: int
    last_event_at: datetime | None


class AccountRow(Shape):
    """An account that is watched, or that events and items were seen of."""

    id: str
    name: str
    provider: str
    regions: list[str]
    is_configured: bool
    has_inventory: bool
    health: Health
    gaps: int
    items: int
    open_findings: dict[str, int] = Field(description="By severity.")
    last_item_at: datetime | None
    last_event_at: datetime | None
    hours: dict[str, int]


class AccountPage(Page[AccountRow]):
    """Accounts."""


class Account(AccountRow):
    """An account with its sources and what could not be read of it."""

    sources: list[SourceHealth]
    denied: list[str] = Field(description="Permissions that are missing.")


class RoleTemplate(Shape):
    """The role to make in an account, as a file. content: JSON or HCL text."""

    format: Literal["iam", "cloudformation", "terraform"]
    file: str
    content: str
    permissions: list[str]


class Incident(Shape):
    """An incident that the sandbox can play."""

    name: str
    title: str
    has_played: bool
    is_playing: bool


class Playing(Shape):
    """An incident that has begun."""

    name: str
    is_playing: bool = True


class Overview(Shape):
    """The first page, in numbers; each has the query that lists what it counts."""

    now: datetime
    findings_open: dict[str, int] = Field(description="By severity.")
    findings_by_age: dict[str, int] = Field(description="Open ones: day, week, month, older.")
    findings_new: int = Field(description="First seen in the last 24 hours.")
    findings_resolved: int = Field(description="Resolved in the last 24 hours.")
    changes: dict[str, int] = Field(description="Revisions of the last 24 hours: created, changed, deleted.")
    events: int = Field(description="Of the last 24 hours.")
    waivers_proposed: int
    runs_waiting: int = Field(description="Runs that wait for an approval.")
    coverage: Coverage
    queries: dict[str, str]
    incidents: list[Incident] = Field(description="Empty unless the sandbox runs.")


class Retention(Shape):
    """For how long things are kept, and what the last daily round deleted."""

    days: dict[str, int] = Field(description="By what is kept, as the configuration names it; 0 keeps for ever.")
    last_at: datetime | None = Field(description="When the last round ended; null without one, or out of scope.")
    deleted: dict[str, int] = Field(description="What it deleted; empty for callers of some accounts.")
