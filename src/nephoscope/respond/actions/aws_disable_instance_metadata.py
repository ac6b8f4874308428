from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_action import InstanceAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

OPTIONS = ("HttpEndpoint", "HttpTokens", "HttpPutResponseHopLimit", "HttpProtocolIpv6", "InstanceMetadataTags")


@dataclass(frozen=True)
class AwsDisableInstanceMetadata(InstanceAction):
    """Turn an EC2 instance's metadata service off, so that it is handed no more credentials of its role.

    Limits: credentials that it holds already are good for up to six hours: deny its sessions too. What needs them on
    the instance stops when they end, the SSM agent among it: capture what you want from it before.
    Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html
    """

    tactic = "isolate"
    permissions = ("ec2:DescribeInstances", "ec2:ModifyInstanceMetadataOptions")

    def state(self, world: World) -> State:
        """The options, as the API names them."""
        options: dict[str, Any] = self.instance(world).get("MetadataOptions") or {}
        return {name: options[name] for name in OPTIONS if name in options}

    def apply(self, world: World, state: State) -> State:
        self._set(world, {"HttpEndpoint": "disabled"})
        return {}

    def verify(self, world: World, state: State) -> str:
        options: dict[str, Any] = self.instance(world).get("MetadataOptions") or {}
        if options.get("HttpEndpoint") == "disabled" and options.get("State", "applied") == "applied":
            return ""
        return f"the metadata service of {self.instance_id} is {options.get('HttpEndpoint')} ({options.get('State')})"

    def revert(self, world: World, state: State) -> None:
        self.instance(world)
        self._set(world, state)

    def plan(self, world: World, state: State) -> Sequence[str]:
        return (
            f"{self.instance_id}: metadata service {state.get('HttpEndpoint', 'enabled')} → disabled; what runs there "
            "gets no new credentials of its role, and what needs them stops when they end, the SSM agent among it.",
            "Credentials handed out before are good for up to six hours.",
        )

    def _set(self, world: World, options: State) -> None:
        self.call(world, "ec2", "ModifyInstanceMetadataOptions", InstanceId=self.instance_id, **options)
