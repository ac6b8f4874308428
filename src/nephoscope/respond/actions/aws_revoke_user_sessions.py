from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_deny import USER, UserDenyAction, issued_before, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsRevokeUserSessions(UserDenyAction):
    """Revoke an IAM user's temporary sessions: deny everything to those issued before now.

    Limits: calls that are signed with an access key itself have no issue time and go on. Roles that the user assumed
    before are other sessions and live on: revoke those of each role too. A policy takes some seconds to hold
    everywhere.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html
    """

    tactic = "contain"
    permissions = USER
    may_differ = ("before",)

    def state(self, world: World) -> State:
        """{is_denied, before}; before: the moment, now."""
        return {**super().state(world), "before": moment()}

    def statement(self, state: State) -> dict[str, Any]:
        return issued_before(state["before"])

    def plan(self, world: World, state: State) -> Sequence[str]:
        del world
        return (
            f"Temporary sessions of user {self.user_name} issued before {state['before']} are denied everything; the "
            "console is left at once.",
            "Roles that the user assumed before are other sessions and live on.",
        )
