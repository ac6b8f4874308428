from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.errors import Refused
from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction
from nephoscope.respond.aws_capture import Captured
from nephoscope.respond.aws_principal import ROLE, USER, keep_last_use, keep_role, keep_user

if TYPE_CHECKING:
    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsIdentityFacts(AwsAction):
    """Capture what IAM says of an access key, a user or a role, and what it did of late.

    access_key_id, user_name, role_name: at least one. days: how far back events are taken from the lake.
    Limits: temporary keys (ASIA…) are unknown to IAM; their events are captured. Events are those that were collected,
    at most 500. A key's last use is told by AWS with a delay of minutes to hours.
    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html
    """

    access_key_id: str = ""
    user_name: str = ""
    role_name: str = ""
    days: int = 7

    tactic = "capture"
    permissions = tuple(sorted({*ROLE, *USER}))

    @property
    def target(self) -> Target:
        for kind, id_ in (("User", self.user_name), ("Role", self.role_name), ("AccessKey", self.access_key_id)):
            if id_:
                return Target(self.account, self.region, f"AWS::IAM::{kind}", id_)
        return Target(self.account, self.region, "AWS::IAM::User", "")

    def state(self, world: World) -> State:
        """Nothing can be put back where nothing changes."""
        if not (self.access_key_id or self.user_name or self.role_name):
            raise Refused("aws_identity_facts needs an access_key_id, a user_name or a role_name")
        return {}

    def apply(self, world: World, state: State) -> State:
        captured = Captured(world, self, "identity")
        arns: list[str] = []
        user = self.user_name
        if self.access_key_id and not self.access_key_id.startswith("ASIA"):
            user = user or keep_last_use(captured, self.access_key_id)
        elif self.access_key_id:
            captured.lacks(f"key/{self.access_key_id}", "IAM knows no temporary keys: only their events are captured")
        if user:
            arns.append(str(keep_user(captured, user).get("Arn", "")))
        if self.role_name:
            arns.append(str(keep_role(captured, self.role_name).get("Arn", "")))
        for actor in dict.fromkeys(filter(None, (*arns, self.access_key_id))):
            self._events(captured, actor)
        return captured.told(arns=list(filter(None, arns)))

    def verify(self, world: World, state: State) -> str:
        return ""

    def _events(self, captured: Captured, actor: str) -> None:
        said = f"events by {actor} in {self.days} days, newest first"
        events = captured.world.known.events
        name = f"events-{actor.rpartition('/')[2]}"
        captured.rows(name, said, lambda: events(self.account, actor=actor, days=self.days))
