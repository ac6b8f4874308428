from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_deny import USER, UserDenyAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsDenyUser(UserDenyAction):
    """Deny an IAM user everything, by an inline policy of its own.

    Limits: resources' policies of other accounts that name the user are overruled too, but a role that the user assumed
    before is another session and lives on. A policy takes some seconds to hold everywhere. All inline policies of a
    user together hold 2,048 characters.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    """

    tactic = "contain"
    permissions = USER

    def statement(self, state: State) -> dict[str, Any]:
        del state
        return {"Action": "*"}

    def plan(self, world: World, state: State) -> Sequence[str]:
        recent = len(world.known.events(self.account, actor=self.arn_of(), days=7))
        return (
            f"User {self.user_name} is denied everything, with every key, password and session of its own "
            f"({recent} of its calls are on record in the last 7 days).",
            "Roles that it assumed before are other sessions and live on.",
        )

    def arn_of(self) -> str:
        """The user's ARN, its path not known."""
        return f"arn:{self.partition}:iam::{self.account}:user/{self.user_name}"
