"""Declared permissions → the least-privilege role that reads with them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALWAYS = ("ec2:DescribeRegions",)
NAME = "NephoscopeRead"
Document = dict[str, Any]


@dataclass(frozen=True)
class Logs:
    """Where log files are read from. bucket: its name; queue, key: ARNs, empty where there is none."""

    bucket: str
    queue: str = ""
    key: str = ""

    def statements(self) -> list[Document]:
        """Only these files, this queue and this key."""
        bucket = f"arn:aws:s3:::{self.bucket}"
        found = [
            _statement("ListLogs", ["s3:ListBucket"], [bucket]),
            _statement("ReadLogs", ["s3:GetObject"], [f"{bucket}/*"]),
            _statement("ReadDigestKeys", ["cloudtrail:ListPublicKeys"], ["*"]),
        ]
        if self.queue:
            found.append(_statement("ReadQueue", ["sqs:DeleteMessage", "sqs:ReceiveMessage"], [self.queue]))
        if self.key:
            found.append(_statement("DecryptLogs", ["kms:Decrypt"], [self.key]))
        return found


@dataclass(frozen=True)
class Role:
    """A role that reads: permissions of the readers, and the logs. trust: the account that assumes it, if another's."""

    permissions: frozenset[str]
    logs: tuple[Logs, ...] = ()
    trust: str = ""
    external_id: str = ""

    def policy(self) -> Document:
        """The IAM policy: one statement per service, in order of name."""
        by_service: dict[str, list[str]] = defaultdict(list)
        for permission in sorted({*self.permissions, *ALWAYS}):
            by_service[permission.partition(":")[0]].append(permission)
        statements = [
            _statement(f"Read{_pascal(service)}", actions, ["*"]) for service, actions in sorted(by_service.items())
        ]
        statements += [statement for logs in self.logs for statement in logs.statements()]
        return {"Version": "2012-10-17", "Statement": _numbered(statements)}

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

    def cloudformation(self) -> Document:
        """A template that makes the role, and prints its ARN."""
        role = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": NAME,
                "Description": "Reads configuration and logs for Nephoscope; changes nothing",
                "AssumeRolePolicyDocument": self.assumed_by(),
                "ManagedPolicyArns": [{"Ref": f"{NAME}Policy"}],
            },
        }
        policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": self.policy()}}
        return {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": {NAME: role, f"{NAME}Policy": policy},
            "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": [NAME, "Arn"]}}},
        }

    def terraform(self) -> str:
        """Terraform that makes the role, and prints its ARN."""
        return "\n".join(
            (
                'resource "aws_iam_role" "nephoscope_read" {',
                f'  name               = "{NAME}"',
                f"  assume_role_policy = {_jsonencode(self.assumed_by())}",
                "}",
                "",
                'resource "aws_iam_policy" "nephoscope_read" {',
                f'  name   = "{NAME}"',
                f"  policy = {_jsonencode(self.policy())}",
                "}",
                "",
                'resource "aws_iam_role_policy_attachment" "nephoscope_read" {',
                "  role       = aws_iam_role.nephoscope_read.name",
                "  policy_arn = aws_iam_policy.nephoscope_read.arn",
                "}",
                "",
                'output "nephoscope_read_role_arn" {',
                "  value = aws_iam_role.nephoscope_read.arn",
                "}",
            )
        )


def _statement(sid: str, actions: list[str], resources: list[str]) -> Document:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources[0] if len(resources) == 1 else resources,
    }


def _numbered(statements: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Statements whose names are told apart by a number where two are the same."""
    seen: dict[str, int] = defaultdict(int)
    numbered: list[Document] = []
    for statement in statements:
        seen[statement["Sid"]] += 1
        again = seen[statement["Sid"]]
        numbered.append({**statement, "Sid": statement["Sid"] + (str(again) if again > 1 else "")})
    return numbered


def _pascal(service: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"\W", service))


def _jsonencode(document: Document) -> str:
    """HCL in which no text is taken for a template."""
    text = json.dumps(document, indent=2).replace("${", "$${").replace("%{", "%%{")
    return f"jsonencode({text})".replace("\n", "\n  ")
