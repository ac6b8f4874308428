"""What watched folders of hosts are compared with."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Approver
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.integrity import BASELINES, accept
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.integrity import FileBaselinePage, FileBaselineRow

router = list_router("FileBaselines", BASELINES, FileBaselinePage, Permission.READ, "/file-baselines")


@router.post("/{id}/accept", operation_id="acceptFileBaseline", response_model=FileBaselineRow)
def post_accept(me: Approver, id: str) -> Any:
    """Let the baseline that the host told last hold from now on."""
    return accept(me, id)
