"""An action's declared permissions → the role that it acts with, and no other action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nephoscope.clouds.aws_role import PrintedRole, by_service, policy, statement

if TYPE_CHECKING:
    from nephoscope.clouds.aws_role import Document
    from nephoscope.respond.action import Action

OURS = "Nephoscope"
PATTERN = f"{OURS}Respond-{{action}}"
CHANGING = ("Put", "Delete", "Attach", "Detach", "Update", "Create")


def role_name(action: str) -> str:
    """What an action's role is called; a configuration names them all, with {action} in the action's place."""
    return PATTERN.replace("{action}", action)


def response_role(name: str, action: type[Action], trust: str = "", external_id: str = "") -> PrintedRole:
    """The role of one action; trust and external_id: who assumes it, and what it has to know then."""
    description = f"Nephoscope: {action.title()}"[:1000]
    return PrintedRole(role_name(name), description, response_policy(action), trust, external_id)


def response_policy(action: type[Action]) -> Document:
    """What the action needs, on whatever it may be pointed at, but never on our own roles and users.

    Without that, a role that may hang a policy on a role could hang one on itself.
    """
    statements = by_service(action.permissions, "Respond")
    own = sorted(each for each in action.permissions if each.startswith(tuple(f"iam:{verb}" for verb in CHANGING)))
    if own:
        ours = [f"arn:*:iam::*:{kind}/{OURS}*" for kind in ("role", "user")]
        statements.append(statement("NotOurselves", own, ours, "Deny"))
    return policy(statements)
