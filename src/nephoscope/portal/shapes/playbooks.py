"""Playbooks and triggers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape


class PlaybookRow(Shape):
    """A plan for one situation."""

    name: str
    title: str
    description: str
    inputs: list[str] = Field(description="Names of what it is told.")
    steps: int


class PlaybookPage(Page[PlaybookRow]):
    """Playbooks."""


class PlaybookInput(Shape):
    """One thing that a playbook is told."""

    type: str
    is_required: bool
    default: Any = None
    description: str


class PlaybookStep(Shape):
    """One step as it is written; `when` is CEL over the inputs, empty for always."""

    name: str
    action: str
    settings: dict[str, Any]
    when: str
    on_failure: str
    within_s: float


class Playbook(Shape):
    """A playbook whole."""

    name: str
    title: str
    description: str
    inputs: dict[str, PlaybookInput]
    approval: str = Field(description="When a run is held for consent: CEL over the inputs.")
    second_person: str = Field(description="When that of two people is asked for: CEL over the inputs.")
    steps: list[PlaybookStep]
    limits: list[str] = Field(description="What it does not reach.")
    revert_after_s: float = Field(description="When its effects expire; 0 never.")
    approval_within_s: float
    source: str = Field(description="As it is written.")
    where: str


class TriggerRow(Shape):
    """When which playbook is run."""

    name: str
    title: str
    mode: Literal["run", "propose", "off"]
    on: str = Field(description="What it looks at: finding, item, event, coverage.")
    when: str = Field(description="CEL over what changed.")
    playbook: str
    reverts: bool = Field(description="Whether runs of the playbook are taken back instead.")
    is_enabled: bool
    last_fired_at: datetime | None
    stands_still: str = Field(description="Why it does nothing until it is reset; empty if it acts.")


class TriggerPage(Page[TriggerRow]):
    """Triggers."""


class Trigger(TriggerRow):
    """A trigger whole."""

    description: str
    operations: list[str] = Field(description="API operations that one on events waits for.")
    inputs: dict[str, Any] = Field(description="What the playbook is told.")
    dedup: list[str] = Field(description="What tells occasions apart.")
    quiet_s: float
    limit_runs: int
    limit_per_s: float
    source: str = Field(description="As it is written.")
    where: str
    can: list[str] = Field(description="reset.")


class Fired(Shape):
    """One time that a trigger would have fired."""

    at: datetime
    playbook: str
    inputs: dict[str, Any]


class Rehearsal(Shape):
    """What a trigger would have done, within the caller's accounts; nothing was changed for it."""

    trigger: str
    days: int
    said: str = Field(description="One sentence.")
    looked_at: int
    times: int
    quiet: int = Field(description="Held back by its quiet period.")
    off_duty: int
    there: int = Field(description="Were there when watching began.")
    held: int = Field(description="Occasions while it would have stood still.")
    over_limit_at: datetime | None = Field(description="When it would have come to stand still.")
    fired: list[Fired] = Field(description="The first ones.")
    errors: list[str]
