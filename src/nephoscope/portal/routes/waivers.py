"""Waivers: proposed by one, approved by another, revoked by whoever may."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.actions import once
from nephoscope.portal.caller import Approver, Proposer, Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.waivers import SOURCE, approve, propose, revoke, shown, tried
from nephoscope.portal.shapes.waivers import WaiverPage, WaiverProposal, WaiverRow, WaiverScope, WaiverTry
from nephoscope.portal.versions import Key, tagged

router = list_router("Waivers", SOURCE, WaiverPage)


@router.post("", operation_id="proposeWaiver", response_model=WaiverRow, status_code=201)
def post(me: Proposer, proposal: WaiverProposal, key: Key = None) -> Any:
    """Propose to accept what a scope covers; it holds once somebody else has approved it."""
    return once(me, key, "waiver propose", "", proposal, lambda connection: propose(connection, me, proposal))


@router.post("/try", operation_id="tryWaiverScope", response_model=WaiverTry)
def post_try(me: Proposer, asked: WaiverScope) -> Any:
    """Say what a scope would cover now; nothing is kept."""
    return tried(me, asked.scope)


@router.get("/{uid}", operation_id="getWaiver", response_model=WaiverRow)
def get(me: Reader, uid: str) -> Any:
    """Show a waiver."""
    with me.portal.ledger.read() as connection:
        waiver = shown(connection, me, uid)
    tagged(me, uid, waiver.state, waiver.approved_at, waiver.revoked_at)
    return waiver


@router.post("/{uid}/approve", operation_id="approveWaiver", response_model=WaiverRow)
def post_approve(me: Approver, uid: str, key: Key = None) -> Any:
    """Approve a proposal of somebody else's; asks for a step-up."""
    return once(me, key, "waiver approve", uid, {}, lambda connection: approve(connection, me, uid))


@router.post("/{uid}/revoke", operation_id="revokeWaiver", response_model=WaiverRow)
def post_revoke(me: Proposer, uid: str, key: Key = None) -> Any:
    """End a waiver, or withdraw a proposal; what it waived is open again at once."""
    return once(me, key, "waiver revoke", uid, {}, lambda connection: revoke(connection, me, uid))
