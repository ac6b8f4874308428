"""Evidence: what runs captured, checked and handed out."""

from __future__ import annotations

from typing import Any

from fastapi.responses import StreamingResponse

from nephoscope.portal.caller import Custodian, Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.evidence import SOURCE, archived, checked, whole
from nephoscope.portal.shapes.evidence import CasePage, CaseReport, CaseWhole

router = list_router("Evidence", SOURCE, CasePage)
ZIP = "application/zip"


@router.get("/{run}", operation_id="getEvidence", response_model=CaseWhole)
def get(me: Reader, run: str) -> Any:
    """Show a run's evidence: what was captured, the signed manifest, who held it."""
    with me.portal.ledger.read() as connection:
        return whole(connection, me, run)


@router.post("/{run}/verify", operation_id="verifyEvidence", response_model=CaseReport)
def post_verify(me: Custodian, run: str) -> Any:
    """Hold every file against the signed manifest, now; the custody log tells of it."""
    return checked(me, run)


@router.get(
    "/{run}/archive",
    operation_id="downloadEvidence",
    response_class=StreamingResponse,
    responses={200: {"content": {ZIP: {}}}},
)
def get_archive(me: Custodian, run: str) -> Any:
    """Hand out a sealed case as a .zip that can be checked without us; the custody log tells of it."""
    name, content = archived(me, run)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(content, media_type=ZIP, headers=headers)
