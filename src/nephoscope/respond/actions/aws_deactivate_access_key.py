from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.errors import Refused, Vanished
from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction
from nephoscope.respond.aws_deny import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World


@dataclass(frozen=True)
class AwsDeactivateAccessKey(AwsAction):
    """Deactivate an access key of an IAM user.

    Limits: sessions that were made with the key before live on for up to 36 hours: revoke the user's sessions too. The
    user may make another key: deny the user too. Keys of the root user cannot be reached, and temporary keys (ASIA…)
    cannot be deactivated: revoke the sessions of their role or user.
    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
    """

    access_key_id: str

    tactic = "contain"
    permissions = ("iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:UpdateAccessKey")

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::IAM::AccessKey", self.access_key_id)

    def state(self, world: World) -> State:
        """{user, status}."""
        if not self.access_key_id.startswith("AKIA"):
            raise Refused(f"{self.access_key_id} is no key of an IAM user: only keys that begin with AKIA are")
        asked = {"AccessKeyId": self.access_key_id}
        found = self.maybe(world, "iam", "GetAccessKeyLastUsed", NONE, **asked)
        user = str(found.get("UserName", "")) if found else ""
        keys = self.maybe(world, "iam", "ListAccessKeys", NONE, UserName=user) if user else None
        for key in keys["AccessKeyMetadata"] if keys else ():
            if key["AccessKeyId"] == self.access_key_id:
                return {"user": user, "status": key["Status"]}
        raise Vanished(f"access key {self.access_key_id} is not there in {self.account}")

    def apply(self, world: World, state: State) -> State:
        self._set(world, state["user"], "Inactive")
        return {"user": state["user"]}

    def verify(self, world: World, state: State) -> str:
        status = self.state(world)["status"]
        return "" if status == "Inactive" else f"{self.access_key_id} is {status}"

    def revert(self, world: World, state: State) -> None:
        self.state(world)
        self._set(world, state["user"], state["status"])

    def plan(self, world: World, state: State) -> Sequence[str]:
        recent = len(world.known.events(self.account, actor=self.access_key_id, days=7))
        return (
            f"{self.access_key_id} of user {state['user']}: {state['status']} → Inactive; what signs with it stops "
            f"({recent} calls with it are on record in the last 7 days).",
            "Sessions made with it before live on until they are revoked or end.",
        )

    def _set(self, world: World, user: str, status: str) -> None:
        asked = {"UserName": user, "AccessKeyId": self.access_key_id}
        self.call(world, "iam", "UpdateAccessKey", **asked, Status=status)
