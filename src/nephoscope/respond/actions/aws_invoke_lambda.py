from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003  settings are built by their types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nephoscope.model.errors import Refused
from nephoscope.model.response import Target
from nephoscope.respond.aws_action import AwsAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nephoscope.model.response import State
    from nephoscope.respond.action import World

NO_FUNCTION = ("ResourceNotFoundException",)
TOLD_BYTES = 4096


@dataclass(frozen=True)
class AwsInvokeLambda(AwsAction):
    """Invoke a Lambda function of your own, and wait for its answer.

    It is handed {"run": …, "token": …, "payload": …}, and may be invoked again with the same token after a crash: a
    function that must not act twice remembers the token.
    Limits: what it does is its own and cannot be taken back here. A function that takes longer than a minute to answer
    is invoked again, with the same token.
    Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    function_name: str
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])

    tactic = "contain"
    is_destructive = True
    permissions = ("lambda:GetFunctionConfiguration", "lambda:InvokeFunction")
    irreversible = "what the function does is its own"

    @property
    def target(self) -> Target:
        return Target(self.account, self.region, "AWS::Lambda::Function", self.function_name)

    def state(self, world: World) -> State:
        """{code}: the SHA-256 of the code that is to run."""
        asked = {"FunctionName": self.function_name}
        found = self.needed(world, "lambda", "GetFunctionConfiguration", NO_FUNCTION, **asked)
        return {"code": found.get("CodeSha256", "")}

    def apply(self, world: World, state: State) -> State:
        told = {"run": world.run, "token": world.token, "payload": dict(self.payload)}
        body = json.dumps(told).encode()
        answer = self.call(world, "lambda", "Invoke", FunctionName=self.function_name, Payload=body)
        said = answer["Payload"].read().decode("utf-8", "replace")[:TOLD_BYTES]
        if answer.get("FunctionError"):
            raise Refused(f"the function {self.function_name} failed ({answer['FunctionError']}): {said}")
        return {"status": answer["StatusCode"], "answer": said}

    def verify(self, world: World, state: State) -> str:
        """Nothing: that it answered without an error is all that can be known."""
        del world, state
        return ""

    def plan(self, world: World, state: State) -> Sequence[str]:
        del world
        return (
            f"{self.function_name} (code {state['code'][:12] or 'unknown'}) is invoked with "
            f"{json.dumps(dict(self.payload))}.",
            "What it does cannot be taken back here; after a crash it may be invoked again with the same token.",
        )
