from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nephoscope.model.response import Target
from nephoscope.respond.aws_action import NO_INSTANCE, AwsAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

TYPES = {
    "ami": "AWS::EC2::Image",
    "eni": "AWS::EC2::NetworkInterface",
    "i": "AWS::EC2::Instance",
    "sg": "AWS::EC2::SecurityGroup",
    "snap": "AWS::EC2::Snapshot",
    "subnet": "AWS::EC2::Subnet",
    "vol": "AWS::EC2::Volume",
    "vpc": "AWS::EC2::VPC",
}


@dataclass(frozen=True)
class AwsTagResource(AwsAction):
    """Tag a resource of EC2, so that people and other tools see what is being done about it.

    tag_value: the run's id where none is given.
    Limits: resources of EC2 only. A tag policy of the organisation may refuse the tag; 50 tags are AWS's limit.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    """

    resource_id: str
    tag_key: str = "nephoscope:run"
    tag_value: str = ""

    tactic = "tell"
    permissions = ("ec2:DescribeTags", "ec2:CreateTags", "ec2:DeleteTags")

    @property
    def target(self) -> Target:
        kind = TYPES.get(self.resource_id.partition("-")[0], "AWS::EC2::Resource")
        return Target(self.account, self.region, kind, self.resource_id)

    def state(self, world: World) -> State:
        """{value}: the tag's value, null where there is no such tag."""
        filters = [
            {"Name": "resource-id", "Values": [self.resource_id]},
            {"Name": "key", "Values": [self.tag_key]},
        ]
        found = list(self.every(world, "ec2", "DescribeTags", "Tags", Filters=filters))
        return {"value": found[0].get("Value", "") if found else None}

    def apply(self, world: World, state: State) -> State:
        self._tag(world, self._value(world))
        return {}

    def verify(self, world: World, state: State) -> str:
        value = self.state(world)["value"]
        return "" if value == self._value(world) else f"the tag {self.tag_key} of {self.resource_id} is {value}"

    def revert(self, world: World, state: State) -> None:
        if state["value"] is None:
            tags = [{"Key": self.tag_key, "Value": self._value(world)}]
            self.maybe(world, "ec2", "DeleteTags", NO_INSTANCE, Resources=[self.resource_id], Tags=tags)
        else:
            self._tag(world, state["value"])

    def plan(self, world: World, state: State) -> Sequence[str]:
        before = "none" if state["value"] is None else state["value"]
        return (f"{self.resource_id}: tag {self.tag_key} {before} → {self._value(world)}.",)

    def _value(self, world: World) -> str:
        return self.tag_value or world.run

    def _tag(self, world: World, value: str) -> None:
        tags = [{"Key": self.tag_key, "Value": value}]
        self.call(world, "ec2", "CreateTags", Resources=[self.resource_id], Tags=tags)
