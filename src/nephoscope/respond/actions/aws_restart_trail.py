from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

NO_TRAIL = ("TrailNotFoundException",)


@dataclass(frozen=True)
class AwsRestartTrail(AwsAction):
    """Start a CloudTrail trail that was stopped.

    stop_on_revert: whether taking this back stops the trail again, if it was stopped; otherwise it goes on.
    Limits: what happened while it was stopped is in the event history only (90 days, management events). A trail that
    was deleted, or that writes elsewhere now, is not mended. It is started from its home region and its own account.
    Source: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html
    """

    trail: str
    stop_on_revert: bool = False

    tactic = "restore"
    permissions = ("cloudtrail:GetTrailStatus", "cloudtrail:StartLogging", "cloudtrail:StopLogging")
    may_differ = ("is_logging",)

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::CloudTrail::Trail", self.trail)

    def state(self, world: World) -> State:
        """{is_logging}."""
        status = self.needed(world, "cloudtrail", "GetTrailStatus", NO_TRAIL, Name=self.trail)
        return {"is_logging": bool(status["IsLogging"])}

    def apply(self, world: World, state: State) -> State:
        self.call(world, "cloudtrail", "StartLogging", Name=self.trail)
        return {}

    def verify(self, world: World, state: State) -> str:
        return "" if self.state(world)["is_logging"] else f"trail {self.trail} is not logging"

    def revert(self, world: World, state: State) -> None:
        if self.stop_on_revert and not state["is_logging"]:
            self.maybe(world, "cloudtrail", "StopLogging", NO_TRAIL, Name=self.trail)

    def plan(self, world: World, state: State) -> Sequence[str]:
        del world
        before = "logging" if state["is_logging"] else "stopped"
        return (
            f"{self.trail}: {before} → logging; cuts nothing off.",
            "What happened meanwhile is in CloudTrail's event history only.",
        )
