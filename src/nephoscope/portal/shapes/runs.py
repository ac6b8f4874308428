"""Runs and their evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from nephoscope.portal.shapes.common import Page, Shape

Status = Literal["planned", "waiting", "running", "done", "reverting", "reverted", "failed", "refused", "declined"]


class RunRow(Shape):
    """One execution of a playbook."""

    id: str
    playbook: str
    status: Status
    account: str
    requested_by: str
    finding: str = Field(description="The finding that it answers; empty if none.")
    made_at: datetime | None
    changed_at: datetime | None
    revert_at: datetime | None = Field(description="When its effects, or while it waits its approval, expire.")


class RunPage(Page[RunRow]):
    """Runs."""


class RunTarget(Shape):
    """What an action acts on."""

    account: str
    region: str
    type: str
    id: str


class RunStep(Shape):
    """One step of a run."""

    name: str
    action: str
    settings: dict[str, Any]
    on_failure: str
    within_s: float
    phase: str
    target: RunTarget | None
    state: dict[str, Any] | None = Field(description="As recorded before anything changed.")
    output: dict[str, Any]
    note: str
    attempts: int
    began_at: datetime | None
    ended_at: datetime | None


class RunApproval(Shape):
    """Consent to a run. needed: why it is asked for; second: two people must agree, neither of them who asked."""

    needed: str
    expires_at: datetime | None
    second: bool
    given_by: list[str]
    declined_by: str
    reason: str


class RunChange(Shape):
    """One entry of a run's history."""

    revision: int
    at: datetime
    status: str
    step: str
    phase: str
    by: str
    note: str


class RunEvidence(Shape):
    """One thing that a run captured. sealed_at: null until the run's evidence is sealed."""

    id: str
    kind: str
    hash: str = Field(description="SHA-256, in hex.")
    size_bytes: int
    captured_at: datetime
    sealed_at: datetime | None


class Run(RunRow):
    """A run whole: what it will do, who has to agree, how far it is, how it is put back."""

    inputs: dict[str, Any]
    text: str = Field(description="The playbook, as it was when the run was asked for.")
    steps: list[RunStep]
    cause: dict[str, Any]
    plan: list[str] = Field(description="What will change and what that cuts off.")
    approval: RunApproval
    note: str
    revision: int
    revert_asked_by: str
    history: list[RunChange]
    evidence: list[RunEvidence]
    can: list[str] = Field(description="approve, decline, revert.")


class RunAsked(Shape):
    """A playbook to run.

    mode: propose plans it and waits for somebody else's approval, whatever the playbook asks for; run waits only where
    the playbook does; plan reads what is, says what would change, and ends.
    """

    playbook: str = Field(min_length=1, max_length=100)
    inputs: dict[str, Any] = Field(default_factory=dict, max_length=100)
    mode: Literal["propose", "run", "plan"] = "propose"
    finding: str = Field(default="", max_length=200)


class RunReason(Shape):
    """Why."""

    reason: str = Field(default="", max_length=2_000)
