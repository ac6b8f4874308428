"""Responses: what is done about a finding, step by step, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  the ledger decodes these by their annotations
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003
from enum import StrEnum
from typing import Any

State = Mapping[str, Any]  # JSON-ready


class RunStatus(StrEnum):
    """A run's life. Those that end it: done, reverted, failed, refused, declined."""

    PLANNED = "planned"  # its steps are known, nothing has been read or changed for it
    WAITING = "waiting"  # for an approval
    RUNNING = "running"
    DONE = "done"  # every step is verified
    REVERTING = "reverting"
    REVERTED = "reverted"  # everything it changed is as it was
    FAILED = "failed"  # something it changed could not be put back, or it broke off with effects that were to stay
    REFUSED = "refused"  # by protection, limit or policy; nothing was changed
    DECLINED = "declined"  # by an approver, or its approval expired; nothing was changed

    @property
    def is_ended(self) -> bool:
        return self in (RunStatus.DONE, RunStatus.REVERTED, RunStatus.FAILED, RunStatus.REFUSED, RunStatus.DECLINED)


class Phase(StrEnum):
    """How far one step has come; each is kept before the next thing is done."""

    PENDING = "pending"
    RECORDED = "recorded"  # prior state is kept; nothing was changed yet, or it may have been: apply comes next
    APPLIED = "applied"
    VERIFIED = "verified"  # read afresh, it holds
    SKIPPED = "skipped"  # its condition does not hold, or it failed and may
    FAILED = "failed"
    REVERTING = "reverting"
    REVERTED = "reverted"  # read afresh, the state equals the recorded one


@dataclass(frozen=True)
class Target:
    """What an action acts on."""

    account: str
    region: str
    type: str
    id: str


@dataclass(frozen=True)
class Step:
    """One step of a run. state: as recorded before anything changed; output: what apply told; note: what went wrong."""

    name: str
    action: str
    settings: Mapping[str, Any]
    on_failure: str = "revert"  # revert, continue, stop
    within_s: float = 60.0
    phase: Phase = Phase.PENDING
    target: Target | None = None
    state: Mapping[str, Any] | None = None
    output: Mapping[str, Any] = field(default_factory=dict[str, Any])
    note: str = ""
    attempts: int = 0
    began_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Approval:
    """Consent to one run. needed: why it is asked for; second: whether two people must agree, neither the requester."""

    needed: str = ""
    expires_at: datetime | None = None
    second: bool = False
    given_by: tuple[str, ...] = ()
    declined_by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Run:
    """One execution of a playbook. The playbook's text is pinned: a later edition does not change what is under way.

    cause: the trigger and what set it off, or who asked. plan: sentences, what will change and what it cuts off.
    """

    id: str
    playbook: str
    inputs: Mapping[str, Any]
    text: str
    steps: tuple[Step, ...]
    status: RunStatus = RunStatus.PLANNED
    requested_by: str = ""
    cause: Mapping[str, Any] = field(default_factory=dict[str, Any])
    finding: str = ""
    plan: tuple[str, ...] = ()
    approval: Approval = field(default_factory=Approval)
    note: str = ""
    revision: int = 1
    made_at: datetime | None = None
    changed_at: datetime | None = None
    revert_at: datetime | None = None  # when its effects expire
    revert_asked_by: str = ""
