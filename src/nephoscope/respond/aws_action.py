"""What actions on AWS share: calls in their own account and region, and what they act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import CloudError, Vanished
from nephoscope.model.response import Target
from nephoscope.respond.action import Action

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from nephoscope.respond.action import World

NO_INSTANCE = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")
ENDED = ("shutting-down", "terminated")
TAG = "nephoscope:token"


@dataclass(frozen=True)
class AwsAction(Action):
    """An action on one account and region of AWS."""

    def call(self, world: World, service: str, operation: str, **params: Any) -> Any:
        """One call; raises AccessDenied and CloudError."""
        return world.aws.call(service, operation, region=self.region, account=self.account, **params)

    def every(self, world: World, service: str, operation: str, key: str, **params: Any) -> Iterator[Any]:
        """The elements under `key` of every page of a call."""
        for page in world.aws.pages(service, operation, region=self.region, account=self.account, **params):
            yield from page.get(key) or ()

    def maybe(self, world: World, service: str, operation: str, absent: Collection[str], **params: Any) -> Any | None:
        """One call; None when AWS answers with one of the codes `absent`."""
        try:
            return self.call(world, service, operation, **params)
        except CloudError as error:
            if error.code in absent:
                return None
            raise

    def needed(self, world: World, service: str, operation: str, absent: Collection[str], **params: Any) -> Any:
        """One call about what is acted on. Raises Vanished when AWS answers with one of the codes `absent`."""
        found = self.maybe(world, service, operation, absent, **params)
        if found is None:
            target = self.target
            raise Vanished(f"{target.type} {target.id} is not there in {self.account} {self.region}")
        return found

    def arn(self, service: str, resource: str) -> str:
        """An ARN of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def partition(self) -> str:
        """`aws`, or that of China or of the United States' government."""
        start = self.region.partition("-")[0]
        if start == "cn":
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"


@dataclass(frozen=True)
class InstanceAction(AwsAction):
    """An action on one EC2 instance."""

    instance_id: str

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::EC2::Instance", self.instance_id)

    def instance(self, world: World) -> Mapping[str, Any]:
        """The instance as EC2 describes it. Raises Vanished if there is none, or no longer."""
        found = self.maybe(world, "ec2", "DescribeInstances", NO_INSTANCE, InstanceIds=[self.instance_id])
        instances: list[Any] = [one for each in found["Reservations"] for one in each["Instances"]] if found else []
        if not instances:
            raise Vanished(f"instance {self.instance_id} is not there in {self.account} {self.region}")
        if instances[0]["State"]["Name"] in ENDED:
            raise Vanished(f"instance {self.instance_id} is no longer there: {instances[0]['State']['Name']}")
        return instances[0]

    def interfaces(self, world: World) -> list[Mapping[str, Any]]:
        """The instance's network interfaces. Raises Vanished if it has none, or no longer."""
        attached = [{"Name": "attachment.instance-id", "Values": [self.instance_id]}]
        found = list(self.every(world, "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Filters=attached))
        if not found:
            raise Vanished(f"instance {self.instance_id} is not there, or has no network interface")
        return sorted(found, key=lambda interface: str(interface["NetworkInterfaceId"]))


def addresses_of(interfaces: Collection[Mapping[str, Any]]) -> list[str]:
    """Every private and public address of these interfaces."""
    found: list[str] = []
    for interface in interfaces:
        for each in interface.get("PrivateIpAddresses") or ():
            public: dict[str, str] = each.get("Association") or {}
            found += [str(each["PrivateIpAddress"]), public.get("PublicIp", "")]
        found += [str(each["Ipv6Address"]) for each in interface.get("Ipv6Addresses") or ()]
    return list(dict.fromkeys(address for address in found if address))


def tagged(kind: str, token: str) -> list[dict[str, Any]]:
    """The tags by which what an action makes is known as its own."""
    return [{"ResourceType": kind, "Tags": [{"Key": TAG, "Value": token}, {"Key": "Name", "Value": token}]}]
