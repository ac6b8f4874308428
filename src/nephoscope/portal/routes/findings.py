"""Findings: list, one, what people say of them, and actions on all that a query selects."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import StreamingResponse

from nephoscope.portal.actions import once
from nephoscope.portal.bulk import apply_bulk, preview_bulk
from nephoscope.portal.caller import Acknowledger, Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.findings import SOURCE, found, whole
from nephoscope.portal.report import MEDIA, ReportAsked, reported
from nephoscope.portal.shapes.findings import (
    BulkAction,
    BulkPreview,
    BulkQuery,
    BulkResult,
    Finding,
    FindingPage,
    NoteText,
)
from nephoscope.portal.versions import Key, tagged
from nephoscope.store.finding_notes import acknowledge, add_note, unacknowledge

router = list_router("Findings", SOURCE, FindingPage)


@router.get(
    "/report",
    operation_id="reportFindings",
    response_class=StreamingResponse,
    responses={200: {"content": {media: {} for media in MEDIA.values()}}},
)
def get_report(me: Reader, asked: Annotated[ReportAsked, Query()]) -> Any:
    """Write every finding of a query as OCSF, SARIF, a page or a PDF, streamed."""
    return reported(me, asked)


@router.post("/bulk/preview", operation_id="previewFindingsBulk", response_model=BulkPreview)
def preview(me: Acknowledger, asked: BulkQuery) -> Any:
    """Count what a query selects; the token then names this selection."""
    return preview_bulk(me, asked)


@router.post("/bulk", operation_id="applyFindingsBulk", response_model=BulkResult)
def bulk(me: Acknowledger, action: BulkAction, key: Key = None) -> Any:
    """Do something with every finding of a preview. Refused where the selection has changed since."""
    return once(
        me, key, f"findings {action.action}", "bulk", action, lambda connection: apply_bulk(connection, me, action)
    )


@router.get("/{uid}", operation_id="getFinding", response_model=Finding)
def get(me: Reader, uid: str) -> Any:
    """Show a finding with its history, its events, its resource and the change that made it."""
    with me.portal.ledger.read() as connection:
        row = found(connection, me, uid)
        tagged(me, uid, row.revision, row.acknowledged_at)
        return whole(connection, me, row)


@router.post("/{uid}/acknowledge", operation_id="acknowledgeFinding", response_model=Finding)
def acknowledge_one(me: Acknowledger, uid: str, said: NoteText, key: Key = None) -> Any:
    """Say that somebody has seen it and deals with it."""

    def do(connection: Any) -> Finding:
        found(connection, me, uid)
        acknowledge(connection, [uid], me.name, said.text, me.portal.clock())
        return whole(connection, me, found(connection, me, uid))

    return once(me, key, "finding acknowledge", uid, said, do)


@router.post("/{uid}/unacknowledge", operation_id="unacknowledgeFinding", response_model=Finding)
def unacknowledge_one(me: Acknowledger, uid: str, said: NoteText, key: Key = None) -> Any:
    """Take an acknowledgement back."""

    def do(connection: Any) -> Finding:
        found(connection, me, uid)
        unacknowledge(connection, [uid], me.name, said.text, me.portal.clock())
        return whole(connection, me, found(connection, me, uid))

    return once(me, key, "finding unacknowledge", uid, said, do)


@router.post("/{uid}/notes", operation_id="noteFinding", response_model=Finding)
def note_one(me: Acknowledger, uid: str, said: NoteText, key: Key = None) -> Any:
    """Say something about it."""

    def do(connection: Any) -> Finding:
        found(connection, me, uid)
        add_note(connection, uid, me.name, said.text, me.portal.clock())
        return whole(connection, me, found(connection, me, uid))

    return once(me, key, "finding note", uid, said, do)
