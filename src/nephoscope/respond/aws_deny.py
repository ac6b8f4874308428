"""Inline deny policies on a role or a user, each under a name of its own, so that it is found and taken off again."""

from __future__ import annotations

import json
from abc import abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from nephoscope.model.errors import CloudError, Vanished
from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction

if TYPE_CHECKING:
    from nephoscope.model.response import State
    from nephoscope.respond.action import World

NONE = ("NoSuchEntity",)
ROLE = ("iam:ListRolePolicies", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy")
USER = ("iam:ListUserPolicies", "iam:GetUserPolicy", "iam:PutUserPolicy", "iam:DeleteUserPolicy")


@dataclass(frozen=True)
class DenyAction(AwsAction):
    """An action that hangs one inline policy on a role or a user. kind: Role or User."""

    kind: ClassVar[str]

    @abstractmethod
    def statement(self, state: State) -> dict[str, Any]:
        """What is denied, as a policy's statement."""

    def is_denied(self, world: World, holder: str) -> bool:
        """Whether this step's policy hangs on the holder. Raises Vanished if there is no such holder."""
        asked = {f"{self.kind}Name": holder}
        try:
            names = list(self.every(world, "iam", f"List{self.kind}Policies", "PolicyNames", **asked))
        except CloudError as error:
            if error.code in NONE:
                raise Vanished(f"{self.kind.lower()} {holder} is not there in {self.account}") from error
            raise
        return world.token in names

    def deny(self, world: World, holder: str, state: State) -> None:
        """Hang the policy on the holder."""
        document = json.dumps(self._policy(state), separators=(",", ":"))
        self.call(world, "iam", f"Put{self.kind}Policy", **self._named(world, holder), PolicyDocument=document)

    def missing(self, world: World, holder: str, state: State) -> str:
        """What the holder's policy is not as it should be; empty if it is."""
        found = self.maybe(world, "iam", f"Get{self.kind}Policy", NONE, **self._named(world, holder))
        if found is None:
            return f"the policy {world.token} does not hang on {self.kind.lower()} {holder}"
        document = found["PolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        return "" if document == self._policy(state) else f"the policy {world.token} of {holder} was altered"

    def allow(self, world: World, holder: str) -> None:
        """Take the policy off the holder."""
        self.maybe(world, "iam", f"Delete{self.kind}Policy", NONE, **self._named(world, holder))

    def _policy(self, state: State) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "*"} | self.statement(state)]}

    def _named(self, world: World, holder: str) -> dict[str, str]:
        return {f"{self.kind}Name": holder, "PolicyName": world.token}


def moment() -> str:
    """Now, as policies write it: issue times are in whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def issued_before(when: str) -> dict[str, Any]:
    """Everything, asked in a session issued before a moment; keys without an issue time are not meant."""
    return {"Action": "*", "Condition": {"DateLessThan": {"aws:TokenIssueTime": when}}}


@dataclass(frozen=True)
class RoleDenyAction(DenyAction):
    """A deny policy on one role."""

    role_name: str

    kind = "Role"

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::IAM::Role", self.role_name)

    def state(self, world: World) -> State:
        """{is_denied}."""
        return {"is_denied": self.is_denied(world, self.role_name)}

    def apply(self, world: World, state: State) -> State:
        self.deny(world, self.role_name, state)
        return {"role": self.role_name, "policy": world.token}

    def verify(self, world: World, state: State) -> str:
        return self.missing(world, self.role_name, state)

    def revert(self, world: World, state: State) -> None:
        self.allow(world, self.role_name)

    def users(self, world: World) -> str:
        """A sentence: who uses the role, by what is on record."""
        arn = f"arn:{self.partition}:iam::{self.account}:role/{self.role_name}"
        events = world.known.events(self.account, actor=arn, days=7)
        names = sorted({str(event.get("actor.user.uid") or "") for event in events})
        named = [name for name in names if name]
        if not named:
            return "It hits every user of the role; none is on record in the last 7 days."
        more = f" and {len(named) - 8} more" if len(named) > 8 else ""
        return f"It hits every user of the role; in the last 7 days these used it: {', '.join(named[:8])}{more}."


@dataclass(frozen=True)
class UserDenyAction(DenyAction):
    """A deny policy on one user."""

    user_name: str

    kind = "User"

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::IAM::User", self.user_name)

    def state(self, world: World) -> State:
        """{is_denied}."""
        return {"is_denied": self.is_denied(world, self.user_name)}

    def apply(self, world: World, state: State) -> State:
        self.deny(world, self.user_name, state)
        return {"user": self.user_name, "policy": world.token}

    def verify(self, world: World, state: State) -> str:
        return self.missing(world, self.user_name, state)

    def revert(self, world: World, state: State) -> None:
        self.allow(world, self.user_name)
