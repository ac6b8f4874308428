from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_deny import ROLE, RoleDenyAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsDenyRole(RoleDenyAction):
    """Deny an IAM role everything, by an inline policy of its own; its permissions stay where they are.

    Limits: it hits every user of the role, people and programs alike. Roles that its sessions assumed before are other
    sessions and live on. Service-linked roles take no policy. A policy takes some seconds to hold everywhere. All
    inline policies of a role together hold 10,240 characters.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """

    tactic = "contain"
    is_destructive = True
    permissions = ROLE

    def statement(self, state: State) -> dict[str, Any]:
        del state
        return {"Action": "*"}

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (
            f"Role {self.role_name} is denied everything, in each of its sessions, present and to come, whoever holds "
            "them.",
            self.users(world),
        )
