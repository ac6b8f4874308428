"""Declared permissions → the least-privilege role that reads with them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.clouds.aws_role import Document, PrintedRole, by_service, cloudformation, policy, statement, terraform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALWAYS = ("ec2:DescribeRegions",)
NAME = "NephoscopeRead"
DESCRIPTION = "Reads configuration and logs for Nephoscope; changes nothing"


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
            statement("ListLogs", ["s3:ListBucket"], [bucket]),
            statement("ReadLogs", ["s3:GetObject"], [f"{bucket}/*"]),
            statement("ReadDigestKeys", ["cloudtrail:ListPublicKeys"], ["*"]),
        ]
        if self.queue:
            found.append(statement("ReadQueue", ["sqs:DeleteMessage", "sqs:ReceiveMessage"], [self.queue]))
        if self.key:
            found.append(statement("DecryptLogs", ["kms:Decrypt"], [self.key]))
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
        statements = by_service({*self.permissions, *ALWAYS}, "Read")
        statements += [each for logs in self.logs for each in logs.statements()]
        return policy(_numbered(statements))

    def printed(self) -> PrintedRole:
        """The role, to be made."""
        return PrintedRole(NAME, DESCRIPTION, self.policy(), self.trust, self.external_id)

    def cloudformation(self) -> Document:
        """A template that makes the role, and prints its ARN."""
        return cloudformation([self.printed()])

    def terraform(self) -> str:
        """Terraform that makes the role, and prints its ARN."""
        return terraform([self.printed()])


def _numbered(statements: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Statements whose names are told apart by a number where two are the same."""
    seen: dict[str, int] = defaultdict(int)
    numbered: list[Document] = []
    for one in statements:
        seen[one["Sid"]] += 1
        again = seen[one["Sid"]]
        numbered.append({**one, "Sid": one["Sid"] + (str(again) if again > 1 else "")})
    return numbered
