"""The promise of `roles --respond`: on enforced IAM each role holds all that its action needs, and no more."""

import importlib
import io
import json
import zipfile
from dataclasses import dataclass, replace

import pytest

pytest.importorskip("moto")

from nephoscope import plugins
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.model.errors import AccessDenied
from nephoscope.respond.action import builtin
from nephoscope.respond.actions.aws_invoke_lambda import AwsInvokeLambda
from nephoscope.respond.role import response_policy, role_name
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from tests.respond.estate import ask, place
from tests.respond.harness import Promises, differing, recorded, world_of

pytestmark = pytest.mark.slow


class Invoking:
    """A function that is invoked; what it does cannot be taken back, so it promises nothing else."""

    unused = frozenset()

    def arrange(self, aws):
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = ask(aws, "iam", "CreateRole", RoleName="f", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("m.py", "def h(event, context): return event")
        made = {"Runtime": "python3.12", "Handler": "m.h", "Role": role, "Code": {"ZipFile": code.getvalue()}}
        ask(aws, "lambda", "CreateFunction", FunctionName="block-at-the-edge", **made)
        return AwsInvokeLambda(*place(aws), "block-at-the-edge", {"address": "192.0.2.7"})


def promises():
    """{action: how it is arranged}, from the actions' own tests."""
    found = {}
    found["aws_invoke_lambda"] = Invoking
    for module in map(importlib.import_module, plugins.modules("tests.respond.actions")):
        own = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Promises)]
        found |= {module.__name__.rpartition(".test_")[2]: value for value in own if value is not Promises}
    return found


@dataclass
class Acting:
    """One action in an account of its own, and the role that it acts with. root: who arranged it."""

    name: str
    root: Aws
    action: object
    aws: Aws

    def allow(self, policy):
        document = json.dumps(policy)
        self.root.call("iam", "PutRolePolicy", RoleName=role_name(self.name), PolicyName="p", PolicyDocument=document)

    def act(self):
        """All that the runner does."""
        world = world_of(self.aws)
        state = recorded(self.action, world)
        self.action.plan(world, state)
        self.action.apply(world, state)
        left = self.action.verify(world, state)
        self.action.revert(world, state)
        return left or differing(state, recorded(self.action, world), self.action.may_differ)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with start(tmp_path_factory.mktemp("sandbox"), pace=Pace(3600, 3600, 3600)) as sandbox:
        yield sandbox.endpoint_url


@pytest.fixture
def acting(url, request):
    """The action that a test names, arranged in an account that nobody else uses."""
    name = request.param
    account = f"{100_000_000_000 + sorted(promises()).index(name)}"
    keys = {"access_key_id": f"AKIAROOT{account}", "secret_access_key": "sandbox"}
    root = Aws((AwsAccount(account, **keys),), url, calls_per_s=1000)
    action = promises()[name]().arrange(root)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    root.call("iam", "CreateRole", RoleName=role_name(name), AssumeRolePolicyDocument=document)
    role = f"arn:aws:iam::{account}:role/{role_name(name)}"
    return Acting(name, root, action, Aws((AwsAccount(account, **keys, role=role),), url, calls_per_s=1000))


def test_every_action_that_changes_something_is_proven_here():
    changing = {name for name, kind in builtin().kinds.items() if kind.permissions and kind.tactic != "capture"}

    assert changing <= set(promises())


@pytest.mark.parametrize("acting", sorted(promises()), indirect=True)
def test_with_its_role_an_action_is_done_and_taken_back_and_each_permission_is_missed(acting):
    policy = response_policy(type(acting.action))
    acting.allow(policy)
    assert not acting.act()

    for permission in sorted(set(acting.action.permissions) - _beside(acting.name)):
        state = recorded(acting.action, world_of(acting.root))
        acting.allow(without(policy, permission))
        with pytest.raises(AccessDenied) as denied:
            acting.act()
        assert permission in (denied.value.permission, *str(denied.value).split()), str(denied.value)
        acting.action.revert(world_of(acting.root), state)


@pytest.mark.parametrize("acting", ["aws_deny_role"], indirect=True)
def test_no_role_may_change_itself(acting):
    acting.allow(response_policy(type(acting.action)))
    itself = replace(acting.action, role_name=role_name("aws_deny_role"))

    with pytest.raises(AccessDenied, match="explicit deny"):
        itself.apply(world_of(acting.aws), {"is_denied": False})


def _beside(name):
    """Permissions that the arranged case does not use; those asked for beside a call are missed all the same."""
    return promises()[name].unused - {"ec2:CreateTags"}


def without(policy, dropped):
    kept = [one | {"Action": [each for each in one["Action"] if each != dropped]} for one in policy["Statement"]]
    return policy | {"Statement": [one for one in kept if one["Action"]]}
