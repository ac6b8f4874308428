from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.response import Target
from nephoscope.respond.aws_action import InstanceAction
from nephoscope.respond.aws_deny import NONE, ROLE, DenyAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsDenyInstanceSessions(DenyAction, InstanceAction):
    """Deny everything to the role credentials that an EC2 instance was handed, and to no other user of its role.

    Limits: roles that were assumed with these credentials before are others' sessions and live on, as do presigned URLs
    until they are used. A policy takes some seconds to hold everywhere. All inline policies of a role together hold
    10,240 characters.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """

    kind = "Role"
    tactic = "contain"
    permissions = ("ec2:DescribeInstances", "iam:GetInstanceProfile", *ROLE)

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::EC2::Instance", self.instance_id)

    def state(self, world: World) -> State:
        """{role, is_denied}; role is "" for an instance without one."""
        role = self._role(world)
        return {"role": role, "is_denied": bool(role) and self.is_denied(world, role)}

    def apply(self, world: World, state: State) -> State:
        if state["role"]:
            self.deny(world, state["role"], state)
        return {"role": state["role"], "policy": world.token}

    def verify(self, world: World, state: State) -> str:
        return self.missing(world, state["role"], state) if state["role"] else ""

    def revert(self, world: World, state: State) -> None:
        if state["role"]:
            self.allow(world, state["role"])

    def statement(self, state: State) -> dict[str, Any]:
        del state
        arn = self.arn("ec2", f"instance/{self.instance_id}")
        return {"Action": "*", "Condition": {"ArnEquals": {"ec2:SourceInstanceARN": arn}}}

    def plan(self, world: World, state: State) -> Sequence[str]:
        if not state["role"]:
            return (f"{self.instance_id} has no role: there are no sessions to deny.",)
        return (
            f"The role {state['role']} is denied everything when asked with credentials that {self.instance_id} was "
            "handed, wherever they are used from; its other users are not touched.",
            "Roles assumed with these credentials before are other sessions and live on.",
        )

    def _role(self, world: World) -> str:
        profile: dict[str, Any] = self.instance(world).get("IamInstanceProfile") or {}
        name = str(profile.get("Arn", "")).rpartition("/")[2]
        found = self.maybe(world, "iam", "GetInstanceProfile", NONE, InstanceProfileName=name) if name else None
        roles = found["InstanceProfile"]["Roles"] if found else ()
        return str(roles[0]["RoleName"]) if roles else ""
