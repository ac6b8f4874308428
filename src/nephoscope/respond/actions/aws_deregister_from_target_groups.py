from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.respond.aws_action import InstanceAction, addresses_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

GONE = ("TargetGroupNotFound", "LoadBalancerNotFound")
LEFT = ("draining", "unused")
NOT_THERE = ("Target.NotRegistered", "Target.DeregistrationInProgress")


@dataclass(frozen=True)
class AwsDeregisterFromTargetGroups(InstanceAction):
    """Take an EC2 instance out of the target groups and classic load balancers that send it requests.

    Limits: requests under way go on until the group's deregistration delay is over (300 s by default). Registration by
    a Lambda function or by another load balancer is not seen, nor are groups of other accounts and regions.
    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-register-targets.html
    """

    tactic = "isolate"
    permissions = (
        "ec2:DescribeInstances",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DeregisterTargets",
        "elasticloadbalancing:RegisterTargets",
        "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
        "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
    )

    def state(self, world: World) -> State:
        """{"target_groups": {ARN: [{Id, Port}, …]}, "load_balancers": [classic name, …]}."""
        instance = self.instance(world)
        ids = {self.instance_id, *addresses_of(instance.get("NetworkInterfaces") or ())}
        found = {
            group["TargetGroupArn"]: sorted(self._registered(world, group["TargetGroupArn"], ids), key=str)
            for group in self.every(world, "elbv2", "DescribeTargetGroups", "TargetGroups")
            if group.get("TargetType") in ("instance", "ip") and group.get("VpcId") == instance.get("VpcId")
        }
        return {
            "target_groups": {arn: targets for arn, targets in sorted(found.items()) if targets},
            "load_balancers": sorted(self._classic(world)),
        }

    def apply(self, world: World, state: State) -> State:
        now = self.state(world)
        for arn in sorted(state["target_groups"].keys() & now["target_groups"].keys()):
            targets = now["target_groups"][arn]
            self.call(world, "elbv2", "DeregisterTargets", TargetGroupArn=arn, Targets=targets)
        for name in now["load_balancers"]:
            self.call(world, "elb", "DeregisterInstancesFromLoadBalancer", **self._with(name))
        return {"target_groups": list(state["target_groups"]), "load_balancers": list(state["load_balancers"])}

    def verify(self, world: World, state: State) -> str:
        now = self.state(world)
        places = [*now["target_groups"], *now["load_balancers"]]
        return f"{self.instance_id} is still registered with {', '.join(places)}" if places else ""

    def revert(self, world: World, state: State) -> None:
        self.instance(world)
        for arn, targets in state["target_groups"].items():
            self.maybe(world, "elbv2", "RegisterTargets", GONE, TargetGroupArn=arn, Targets=targets)
        for name in state["load_balancers"]:
            self.maybe(world, "elb", "RegisterInstancesWithLoadBalancer", GONE, **self._with(name))

    def plan(self, world: World, state: State) -> Sequence[str]:
        places = [*(arn.rpartition("targetgroup/")[2] for arn in state["target_groups"]), *state["load_balancers"]]
        if not places:
            return (f"{self.instance_id} is registered with no target group or load balancer: nothing changes.",)
        return (
            f"{self.instance_id} leaves {', '.join(places)}, which send it no new request; the others carry its share.",
            "Requests under way go on until the group's deregistration delay is over, 300 s by default.",
        )

    def _registered(self, world: World, arn: str, ids: set[str]) -> Iterator[dict[str, Any]]:
        found = self.maybe(world, "elbv2", "DescribeTargetHealth", GONE, TargetGroupArn=arn)
        for one in found["TargetHealthDescriptions"] if found else ():
            health: dict[str, Any] = one.get("TargetHealth") or {}
            is_out = health.get("State") in LEFT and health.get("Reason") in NOT_THERE
            if one["Target"]["Id"] in ids and not is_out:
                yield {key: one["Target"][key] for key in ("Id", "Port", "AvailabilityZone") if key in one["Target"]}

    def _classic(self, world: World) -> Iterator[str]:
        for balancer in self.every(world, "elb", "DescribeLoadBalancers", "LoadBalancerDescriptions"):
            if any(each["InstanceId"] == self.instance_id for each in balancer.get("Instances") or ()):
                yield balancer["LoadBalancerName"]

    def _with(self, name: str) -> dict[str, Any]:
        return {"LoadBalancerName": name, "Instances": [{"InstanceId": self.instance_id}]}
