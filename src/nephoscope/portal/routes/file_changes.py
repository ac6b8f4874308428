"""Changes of files on hosts: listed, approved for a fleet."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Approver
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.integrity import SOURCE, approve, withdraw
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.integrity import FileApproved, FileApproving, FileChangePage

router = list_router("FileChanges", SOURCE, FileChangePage, Permission.READ, "/file-changes")


@router.post("/approve", operation_id="approveFileChanges", response_model=FileApproved)
def post_approve(me: Approver, asked: FileApproving) -> Any:
    """Approve changes: the same path with the same content is explained on every host from now on."""
    return approve(me, asked)


@router.post("/{change}/withdraw", operation_id="withdrawFileApproval", status_code=204)
def post_withdraw(me: Approver, change: str) -> None:
    """Take an approval back: what it explained is a finding again."""
    withdraw(me, change)
