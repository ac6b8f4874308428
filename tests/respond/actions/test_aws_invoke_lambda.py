import io
import json

import pytest

from nephoscope.model.errors import CloudError, Refused, Vanished
from nephoscope.respond.actions.aws_invoke_lambda import AwsInvokeLambda
from tests.respond.estate import ACCOUNT, REGION
from tests.respond.harness import TOKEN, world_of


class Function:
    """A function that answers with what it was asked, or fails."""

    def __init__(self, error=""):
        self.error = error
        self.asked = []

    def call(self, service, operation, *, FunctionName, Payload=b"", **where):
        if FunctionName != "block-at-the-edge":
            raise CloudError(f"lambda:{operation}", "ResourceNotFoundException")
        if operation == "GetFunctionConfiguration":
            return {"CodeSha256": "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="}
        self.asked.append(json.loads(Payload))
        failed = {"FunctionError": self.error} if self.error else {}
        return {"StatusCode": 200, "Payload": io.BytesIO(b'{"blocked": 3}'), **failed}


ACTION = AwsInvokeLambda(ACCOUNT, REGION, "block-at-the-edge", {"address": "192.0.2.7"})


def test_the_function_is_told_the_run_the_token_and_the_payload():
    world = world_of(Function())
    state = ACTION.state(world)

    assert ACTION.apply(world, state) == {"status": 200, "answer": '{"blocked": 3}'}
    assert world.aws.asked == [{"run": "run1", "token": TOKEN, "payload": {"address": "192.0.2.7"}}]
    assert ACTION.verify(world, state) == ""


def test_a_function_that_fails_is_refused_with_its_words():
    with pytest.raises(Refused, match="Unhandled.*blocked"):
        ACTION.apply(world_of(Function("Unhandled")), {})


def test_a_function_that_is_not_there_has_vanished():
    with pytest.raises(Vanished):
        AwsInvokeLambda(ACCOUNT, REGION, "gone").state(world_of(Function()))


def test_it_cannot_be_taken_back_and_the_plan_says_so():
    world = world_of(Function())
    assert ACTION.irreversible
    assert "cannot be taken back" in ACTION.plan(world, ACTION.state(world))[1]
