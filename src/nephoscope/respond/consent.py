"""Consent to runs: why one needs it, and what people other than the one who asked say; each answer is a new run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nephoscope.model.errors import Refused
from nephoscope.model.response import Phase, Run, RunStatus

if TYPE_CHECKING:
    from datetime import datetime

    from nephoscope.respond.action import Catalogue
    from nephoscope.respond.playbook import Playbook


def needed_for(playbook: Playbook, run: Run, catalogue: Catalogue) -> tuple[str, bool]:
    """Why a run needs consent (empty: it does not), and whether that of two people."""
    kinds = {step.action: catalogue.kind(step.action, playbook.where) for step in run.steps}
    reasons: list[str] = []
    if run.cause.get("mode") == "propose":
        by_trigger = run.cause.get("trigger")
        reasons.append("the trigger proposes only" if by_trigger else "it was proposed, to be approved first")
    reasons += [f"{name} cannot be put back" for name, kind in kinds.items() if kind.irreversible]
    destructive = [name for name, kind in kinds.items() if kind.is_destructive]
    reasons += [f"{name} is destructive: two people must agree" for name in destructive]
    is_second = playbook.second_person.evaluate(dict(run.inputs))
    if is_second or playbook.approval.evaluate(dict(run.inputs)):
        reasons.append(f"the playbook asks for {'that of two people' if is_second else 'it'}")
    return "; ".join(reasons), is_second or bool(destructive)


def approved(run: Run, by: str, at: datetime, reason: str = "") -> Run:
    """A run with one more consent; it runs once there are enough.

    Raises Refused for who asked for it, who has agreed already, an approval that has expired, a run that does not wait.
    """
    _waits(run, at)
    if by == run.requested_by:
        raise Refused(f"{by} asked for this run: somebody else must approve it")
    if by in run.approval.given_by:
        raise Refused(f"{by} has approved it already: somebody else must too")
    approval = replace(run.approval, given_by=(*run.approval.given_by, by), reason=reason or run.approval.reason)
    is_enough = len(approval.given_by) >= (2 if approval.second else 1)
    return replace(run, approval=approval, status=RunStatus.RUNNING if is_enough else RunStatus.WAITING)


def declined(run: Run, by: str, at: datetime, reason: str = "") -> Run:
    """A run that will not be; nothing was changed for it. Raises Refused if it does not wait."""
    _waits(run, at)
    approval = replace(run.approval, declined_by=by, reason=reason)
    return replace(run, approval=approval, status=RunStatus.DECLINED, note=reason or f"declined by {by}")


def reverted(run: Run, by: str, reason: str = "") -> Run:
    """A run whose effects are to be put back. Raises Refused if it has none, or is at it already."""
    if run.status in (RunStatus.REVERTING, RunStatus.REVERTED):
        raise Refused(f"the run is {run.status} already")
    if not any(step.state is not None and step.phase is not Phase.REVERTED for step in run.steps):
        raise Refused("the run has changed nothing: there is nothing to put back")
    note = reason or f"asked for by {by}"
    return replace(run, status=RunStatus.REVERTING, revert_asked_by=by, revert_at=None, note=note)


def _waits(run: Run, at: datetime) -> None:
    if run.status is not RunStatus.WAITING:
        raise Refused(f"the run is {run.status}: it waits for no approval")
    if run.approval.expires_at and run.approval.expires_at <= at:
        raise Refused("its approval has expired: ask for a new run")
