"""What a scripted change is, and how one is made and remembered."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nephoscope.sandbox.naming import LAMBDA, S3

if TYPE_CHECKING:
    from nephoscope.sandbox.company import Company
    from nephoscope.sandbox.company.organisation import Account
    from nephoscope.sandbox.company.reach import Reach

OFFICE_IP, PIPELINE_IP = "198.51.100.20", "203.0.113.200"


@dataclass(frozen=True)
class Change:
    """One change of one resource, as it truly was.

    at: aware UTC, just before the call. actor: the ARN that CloudTrail records. id: CloudFormation's primary
    identifier. event_name: as CloudTrail writes it.
    """

    at: datetime
    actor: str
    event_name: str
    type: str
    id: str
    account: str
    region: str


@dataclass(frozen=True)
class Actor:
    """Somebody at work: a session of a role, or a user by their key."""

    arn: str
    account: Account
    reach: Reach


@dataclass
class Script:
    """Changes as they are made; truth holds them in order."""

    company: Company
    pace_s: float = 0.0
    truth: list[Change] = field(default_factory=list)
    _actors: dict[str, Actor] = field(default_factory=dict, repr=False)

    def role(self, account: Account, role: str, session: str) -> Actor:
        """A person in a role, from the office."""
        arn = f"arn:aws:sts::{account.id}:assumed-role/{role}/{session}"
        if arn not in self._actors:
            client = "aws-cli/2.31.3 md/awscrt#0.27.6 ua/2.1 os/macos#25.1.0 md/arch#arm64 lang/python#3.13.7"
            reach = self.company.acting(account, role, session, OFFICE_IP, client)
            self._actors[arn] = Actor(arn, account, reach)
        return self._actors[arn]

    def user(self, account: Account, name: str) -> Actor:
        """A program by its own key."""
        from nephoscope.sandbox.company.reach import Reach

        keys = self.company.program_keys[f"{account.name}/{name}"]
        client = "APN/1.0 HashiCorp/1.0 Terraform/1.13.5 (+https://www.terraform.io) terraform-provider-aws/6.20.0"
        reach = Reach(self.company.endpoint_url, keys, PIPELINE_IP, client)
        return Actor(f"arn:aws:iam::{account.id}:user/{name}", account, reach)

    def do(
        self, actor: Actor, call: str, kind: str, identity: str, *, region: str = "us-east-1", **parameters: Any
    ) -> Any:
        """Make a call and remember whom it changed.

        call: `ec2.create_vpc`. kind: the CloudFormation type, `EC2::VPC`. identity: the id, or with a leading dot the
        path in the answer where it stands (`.Vpc.VpcId`). Returns the answer.
        """
        if self.pace_s > 0:
            time.sleep(self.pace_s)
        service, _, operation = call.partition(".")
        client = actor.reach.client(service, region)
        at = datetime.now(UTC)
        answer = getattr(client, operation)(**parameters)
        name = _event_name(service, client.meta.method_to_api_mapping[operation])
        self.also(Change(at, actor.arn, name, f"AWS::{kind}", _at(answer, identity), actor.account.id, region))
        return answer

    def also(self, change: Change) -> None:
        """Remember a change, once for each resource that a call touched."""
        region = "global" if change.type.startswith("AWS::IAM::") else change.region
        self.truth.append(
            Change(change.at, change.actor, change.event_name, change.type, change.id, change.account, region)
        )

    def last(self, kind: str, identity: str) -> None:
        """The last call changed this resource too."""
        before = self.truth[-1]
        self.also(
            Change(before.at, before.actor, before.event_name, f"AWS::{kind}", identity, before.account, before.region)
        )


def _event_name(service: str, operation: str) -> str:
    if service == "lambda":
        return operation + LAMBDA.get(operation, "")
    return S3.get(operation, operation) if service == "s3" else operation


def _at(answer: Any, path: str) -> str:
    if not path.startswith("."):
        return path
    for step in path[1:].split("."):
        answer = answer[int(step)] if step.isdigit() else answer[step]
    return str(answer)
