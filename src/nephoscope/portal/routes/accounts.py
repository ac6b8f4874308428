"""Accounts: what is watched, how well, and the role to make in one more."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query

from nephoscope.portal.caller import Reader
from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.accounts import SOURCE, whole
from nephoscope.portal.onboarding import role_template
from nephoscope.portal.shapes.coverage import Account, AccountPage, RoleTemplate

router = list_router("Accounts", SOURCE, AccountPage)


@router.get("/role", operation_id="getRoleTemplate", response_model=RoleTemplate)
def get_role(
    me: Reader,
    trust: Annotated[str, Query(pattern=r"^\d{12}$", description="The account that assumes the role.")],
    external_id: Annotated[str, Query(max_length=200, pattern=r"^[\w+=,.@:/-]*$")] = "",
    format: Literal["iam", "cloudformation", "terraform"] = "cloudformation",
    log_bucket: Annotated[str, Query(max_length=63, pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")] = "",
) -> Any:
    """Print the role that reads an account: the permissions that the calls declare, and no others."""
    return role_template(trust, external_id, format, log_bucket)


@router.get("/{id}", operation_id="getAccount", response_model=Account)
def get(me: Reader, id: str) -> Any:
    """Show an account: its health, its sources, the permissions that are missing."""
    return whole(me, id)
