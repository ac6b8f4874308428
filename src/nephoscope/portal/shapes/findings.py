"""Findings."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Actor, Json, Page, Shape

Severity = Literal["informational", "low", "medium", "high", "critical"]
Status = Literal["open", "resolved", "waived"]
Kind = Literal["detection", "compliance", "vulnerability", "integrity"]


class FindingRow(Shape):
    """A finding in a list."""

    uid: str
    kind: Kind
    rule: str = Field(description="Id of the detection rule, or name of the check.")
    title: str
    severity: Severity
    status: Status
    reason: str
    first_seen_at: datetime
    last_seen_at: datetime
    occurrences: int
    account: str
    region: str
    resource_type: str
    resource_id: str
    item: str = Field(description="Key of the resource's item under /items; empty if it is about none.")
    actor: str
    tags: list[str]
    waiver: str
    resolved_at: datetime | None
    resolved_why: str
    acknowledged_by: str
    acknowledged_at: datetime | None
    revision: int
    can: list[str] = Field(description="What the caller may do with it: acknowledge, unacknowledge, note, waive.")


class FindingPage(Page[FindingRow]):
    """Findings."""


class EventRef(Shape):
    """An event that belongs to a finding, and where its record lies."""

    uid: str
    key: str = Field(description="The event's key under /events.")
    time: datetime | None
    source: str
    object: str
    index: int
    operation: str


class FindingRevision(Shape):
    """What became of a finding, when and why."""

    revision: int
    changed_at: datetime
    previous: str
    status: str
    why: str


class Note(Shape):
    """What somebody said about a finding."""

    by: str
    at: datetime
    kind: Literal["note", "acknowledged", "unacknowledged"]
    text: str


class Finding(FindingRow):
    """A finding with everything that belongs to it, in reading order: risk, why, who, what next, evidence."""

    risk: str = Field(description="Why it matters.")
    advice: str = Field(description="What to do next.")
    references: list[str]
    rule_where: str = Field(description="File and line of the rule; empty for a check.")
    actor_detail: Actor | None
    detail: Json
    change: Json = Field(description="Which change of the resource made it; empty if not known.")
    events: list[EventRef]
    history: list[FindingRevision]
    notes: list[Note]
    waiver_detail: Json | None = None


class NoteText(Shape):
    """What to say of a finding."""

    text: str = Field(default="", max_length=4_000)


class BulkQuery(Shape):
    """Which findings; `count` says how many that is, and gives the token with which an action is applied to them."""

    q: str = Field(default="", max_length=4_000)


class BulkPreview(Shape):
    """How many findings a query selects now."""

    count: int
    sample: list[FindingRow]
    token: str = Field(description="Good for five minutes and for this selection only.")
    can: list[str]


class BulkAction(Shape):
    """What to do with every finding of a preview."""

    token: str
    action: Literal["acknowledge", "unacknowledge", "propose_waiver"]
    text: str = Field(default="", max_length=4_000, description="The note, or the waiver's reason.")
    owner: str = Field(default="", max_length=200, description="Of a waiver.")
    expires_at: datetime | None = Field(default=None, description="Of a waiver.")


class BulkResult(Shape):
    """What a bulk action did. waiver: uid of the proposal, for propose_waiver."""

    count: int
    waiver: str = ""


class FindingChangeBody(Shape):
    """What the stream says of a finding."""

    uid: str
    revision: int
    status: str
    previous_status: str
    why: str
    more: dict[str, Any] = {}
