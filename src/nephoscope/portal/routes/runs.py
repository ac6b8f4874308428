"""Runs: asked for by one, approved by another, taken back by whoever responds."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.actions import once
from nephoscope.portal.caller import Approver, Reader, Responder
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.runs import SOURCE, ask, decide, shown, version_of
from nephoscope.portal.shapes.runs import Run, RunAsked, RunPage, RunReason
from nephoscope.portal.versions import IfMatch, Key, tagged

router = list_router("Runs", SOURCE, RunPage)


@router.post("", operation_id="askForRun", response_model=Run, status_code=201)
def post(me: Responder, asked: RunAsked, key: Key = None) -> Any:
    """Ask for a run, or for its plan only; where policy asks for consent, it waits for somebody else's."""
    return once(me, key, "run ask", "", asked, lambda connection: ask(connection, me, asked))


@router.get("/{id}", operation_id="getRun", response_model=Run)
def get(me: Reader, id: str) -> Any:
    """Show a run: its plan, what each step found and did, who approved, what became of it, what it captured."""
    with me.portal.ledger.read() as connection:
        run = shown(connection, me, id)
    tagged(me, *version_of(run))
    return run


@router.post("/{id}/approve", operation_id="approveRun", response_model=Run)
def post_approve(me: Approver, id: str, given: RunReason, key: Key = None, if_match: IfMatch = None) -> Any:
    """Approve a run that somebody else asked for; asks for a step-up. Some runs need two people."""
    return once(me, key, "run approve", id, given, lambda c: decide(c, me, id, "approve", given.reason, if_match))


@router.post("/{id}/decline", operation_id="declineRun", response_model=Run)
def post_decline(me: Responder, id: str, given: RunReason, key: Key = None, if_match: IfMatch = None) -> Any:
    """Say no to a run that waits; nothing was changed for it."""
    return once(me, key, "run decline", id, given, lambda c: decide(c, me, id, "decline", given.reason, if_match))


@router.post("/{id}/revert", operation_id="revertRun", response_model=Run)
def post_revert(me: Responder, id: str, given: RunReason, key: Key = None, if_match: IfMatch = None) -> Any:
    """Take back what a run has done, the last step first."""
    return once(me, key, "run revert", id, given, lambda c: decide(c, me, id, "revert", given.reason, if_match))
