from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_deny import ROLE, RoleDenyAction, issued_before, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsRevokeRoleSessions(RoleDenyAction):
    """Revoke an IAM role's sessions: deny everything to those issued before now.

    Limits: it hits every user of the role; whoever may assume it may go on with a new session, and an instance is
    handed one by itself. Roles that its sessions assumed before are other sessions and live on. A policy takes some
    seconds to hold everywhere.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
    """

    tactic = "contain"
    permissions = ROLE
    may_differ = ("before",)

    def state(self, world: World) -> State:
        """{is_denied, before}; before: the moment, now."""
        return {**super().state(world), "before": moment()}

    def statement(self, state: State) -> dict[str, Any]:
        return issued_before(state["before"])

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (
            f"Sessions of role {self.role_name} issued before {state['before']} are denied everything, for everybody.",
            self.users(world),
            "Whoever may assume the role may go on with a new session.",
        )
