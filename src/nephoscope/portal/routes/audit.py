"""The audit log: what people did, in a chain of hashes."""

from __future__ import annotations

from typing import Any

from nephoscope.portal.caller import Auditor
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.audit import SOURCE, verified
from nephoscope.portal.permissions import Permission
from nephoscope.portal.shapes.people import AuditPage, AuditState

router = list_router("Audit", SOURCE, AuditPage, Permission.AUDIT)


@router.get("/verify", operation_id="verifyAudit", response_model=AuditState)
def get_verified(me: Auditor) -> Any:
    """Compute the chain again, and name the first row that does not fit."""
    return verified(me)
