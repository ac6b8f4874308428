"""A role as a document: its IAM policy's statements, CloudFormation and Terraform that make it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Document = dict[str, Any]


@dataclass(frozen=True)
class PrintedRole:
    """A role that is to be made. trust: the account that assumes it; external_id: what it has to know then."""

    name: str
    description: str
    policy: Document
    trust: str = ""
    external_id: str = ""

    @property
    def logical_id(self) -> str:
        """The role's name in a template, which knows letters and digits only."""
        return "".join(word[:1].upper() + word[1:] for word in re.split(r"[\W_]", self.name))

    def assumed_by(self) -> Document:
        """The role's trust policy."""
        statement: Document = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self.trust}:root"},
            "Action": "sts:AssumeRole",
        }
        if self.external_id:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": self.external_id}}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def resources(self) -> Document:
        """CloudFormation's resources: the role and its policy."""
        role = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": self.name,
                "Description": self.description,
                "AssumeRolePolicyDocument": self.assumed_by(),
                "ManagedPolicyArns": [{"Ref": f"{self.logical_id}Policy"}],
            },
        }
        policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": self.policy}}
        return {self.logical_id: role, f"{self.logical_id}Policy": policy}

    def terraform(self) -> str:
        """Terraform's blocks: the role, its policy, and its ARN as an output."""
        label = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\W", "_", self.name).lower()
        return "\n".join(
            (
                f'resource "aws_iam_role" "{label}" {{',
                f'  name               = "{self.name}"',
                f"  assume_role_policy = {_jsonencode(self.assumed_by())}",
                "}",
                "",
                f'resource "aws_iam_policy" "{label}" {{',
                f'  name   = "{self.name}"',
                f"  policy = {_jsonencode(self.policy)}",
                "}",
                "",
                f'resource "aws_iam_role_policy_attachment" "{label}" {{',
                f"  role       = aws_iam_role.{label}.name",
                f"  policy_arn = aws_iam_policy.{label}.arn",
                "}",
                "",
                f'output "{label}_role_arn" {{',
                f"  value = aws_iam_role.{label}.arn",
                "}",
            )
        )


def cloudformation(roles: Sequence[PrintedRole]) -> Document:
    """A template that makes the roles, and prints their ARNs."""
    resources = {name: resource for role in roles for name, resource in role.resources().items()}
    outputs = {("RoleArn" if len(roles) == 1 else f"{role.logical_id}Arn"): _arn(role.logical_id) for role in roles}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources, "Outputs": outputs}


def terraform(roles: Sequence[PrintedRole]) -> str:
    """Terraform that makes the roles, and prints their ARNs."""
    return "\n\n".join(role.terraform() for role in roles)


def by_service(permissions: Iterable[str], verb: str) -> list[Document]:
    """One statement per service, in order of name. verb: what the statements' names begin with."""
    services: dict[str, list[str]] = defaultdict(list)
    for permission in sorted(set(permissions)):
        services[permission.partition(":")[0]].append(permission)
    return [statement(f"{verb}{pascal(service)}", actions, ["*"]) for service, actions in sorted(services.items())]


def statement(sid: str, actions: list[str], resources: list[str], effect: str = "Allow") -> Document:
    """One statement; a single resource stands by itself."""
    resource = resources[0] if len(resources) == 1 else resources
    return {"Sid": sid, "Effect": effect, "Action": actions, "Resource": resource}


def policy(statements: list[Document]) -> Document:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": statements}


def pascal(text: str) -> str:
    """`access-analyzer` as `AccessAnalyzer`."""
    return "".join(word.capitalize() for word in re.split(r"\W", text))


def _arn(logical_id: str) -> Document:
    return {"Value": {"Fn::GetAtt": [logical_id, "Arn"]}}


def _jsonencode(document: Document) -> str:
    """HCL in which no text is taken for a template."""
    text = json.dumps(document, indent=2).replace("${", "$${").replace("%{", "%%{")
    return f"jsonencode({text})".replace("\n", "\n  ")
