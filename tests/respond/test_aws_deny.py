import json

import pytest

from nephoscope.model.errors import CloudError, Vanished
from nephoscope.respond.actions.aws_deny_instance_sessions import AwsDenyInstanceSessions


class Role:
    """The inline policies of one role; with none it is not there."""

    def __init__(self, policies):
        self.policies = policies

    def pages(self, service, operation, *, RoleName, **where):
        if self.policies is None:
            raise CloudError("iam:ListRolePolicies", "NoSuchEntity")
        yield {"PolicyNames": list(self.policies)}

    def call(self, service, operation, *, RoleName, PolicyName, PolicyDocument="", **where):
        if operation == "PutRolePolicy":
            self.policies[PolicyName] = PolicyDocument
        elif PolicyName not in self.policies:
            raise CloudError(f"iam:{operation}", "NoSuchEntity")
        elif operation == "DeleteRolePolicy":
            del self.policies[PolicyName]
        return {"PolicyDocument": self.policies.get(PolicyName)}


class World:
    token = "nephoscope-r-1"

    def __init__(self, policies):
        self.aws = Role(policies)


ACTION = AwsDenyInstanceSessions("123456789012", "eu-west-1", "i-1")
STATE = {"role": "web", "is_denied": False}


def test_a_deny_hangs_beside_the_roles_own_policies_and_comes_off_alone():
    world = World({"own": "{}"})
    ACTION.deny(world, "web", STATE)

    statement = json.loads(world.aws.policies["nephoscope-r-1"])["Statement"][0]
    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "*", "*")
    assert ACTION.is_denied(world, "web")
    assert ACTION.missing(world, "web", STATE) == ""

    ACTION.allow(world, "web")
    ACTION.allow(world, "web")
    assert world.aws.policies == {"own": "{}"}
    assert "does not hang" in ACTION.missing(world, "web", STATE)


def test_a_role_that_is_not_there_has_vanished():
    with pytest.raises(Vanished, match="role web"):
        ACTION.is_denied(World(None), "web")
