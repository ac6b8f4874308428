"""The promise of `roles --respond`: on enforced IAM each role holds all that its action needs, and no more."""

import importlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

pytest.importorskip("moto")

from nephoscope import plugins
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.config import Config, Evidence
from nephoscope.model.errors import AccessDenied
from nephoscope.respond.action import builtin
from nephoscope.respond.actions.aws_await_snapshots import AwsAwaitSnapshots
from nephoscope.respond.actions.aws_console_output import AwsConsoleOutput
from nephoscope.respond.actions.aws_console_screenshot import AwsConsoleScreenshot
from nephoscope.respond.actions.aws_copy_snapshots import AwsCopySnapshots
from nephoscope.respond.actions.aws_identity_facts import AwsIdentityFacts
from nephoscope.respond.actions.aws_instance_facts import AwsInstanceFacts
from nephoscope.respond.actions.aws_invoke_lambda import AwsInvokeLambda
from nephoscope.respond.actions.aws_log_slice import AwsLogSlice
from nephoscope.respond.actions.aws_ssm_facts import AwsSsmFacts
from nephoscope.respond.actions.aws_start_snapshots import AwsStartSnapshots
from nephoscope.respond.evidence.bucket import ON_BUCKET, ON_OBJECTS, evidence_policy
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.respond.evidence.verify import verify
from nephoscope.respond.role import response_policy, role_name
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from nephoscope.store.ledger import open_ledger
from tests.respond.estate import READ, ask, instance, place, role
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


def _with_disk(aws):
    """An instance that SSM manages, with a second disk and a role that has policies of both kinds."""
    _attached(aws, "Role", "web", role)
    made = instance(aws, profile="web")["InstanceId"]
    disk = ask(aws, "ec2", "CreateVolume", Size=1, AvailabilityZone="us-east-1a")["VolumeId"]
    ask(aws, "ec2", "AttachVolume", VolumeId=disk, InstanceId=made, Device="/dev/sdf")
    return made


def _attached(aws, kind, name, make):
    """A role, user or group with an inline policy and an attached one."""
    make(aws)
    document = json.dumps(READ)
    ask(aws, "iam", f"Put{kind}Policy", PolicyName="inline", PolicyDocument=document, **{f"{kind}Name": name})
    arn = ask(aws, "iam", "CreatePolicy", PolicyName=f"{name}-more", PolicyDocument=document)["Policy"]["Arn"]
    ask(aws, "iam", f"Attach{kind}Policy", PolicyArn=arn, **{f"{kind}Name": name})


def _identity(aws):
    """A key of a user in a group, and a role."""
    _attached(aws, "User", "ann", lambda aws: ask(aws, "iam", "CreateUser", UserName="ann"))
    _attached(aws, "Group", "staff", lambda aws: ask(aws, "iam", "CreateGroup", GroupName="staff"))
    _attached(aws, "Role", "web", role)
    ask(aws, "iam", "AddUserToGroup", GroupName="staff", UserName="ann")
    key = ask(aws, "iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
    return AwsIdentityFacts(*place(aws), access_key_id=key, role_name="web")


def _started(aws):
    """Snapshots that a run before has started."""
    action = AwsStartSnapshots(*place(aws), _with_disk(aws))
    return action.apply(world_of(aws), {})["snapshots"]


def _of_instance(kind, **settings):
    return lambda aws: kind(*place(aws), _with_disk(aws), **settings)


CAPTURES = {
    "aws_await_snapshots": lambda aws: _started(aws) and AwsAwaitSnapshots(*place(aws), "i-any", budget_s=0.0),
    "aws_console_output": _of_instance(AwsConsoleOutput),
    "aws_console_screenshot": _of_instance(AwsConsoleScreenshot),
    "aws_copy_snapshots": lambda aws: AwsCopySnapshots(*place(aws), tuple(_started(aws)), "alias/evidence"),
    "aws_identity_facts": _identity,
    "aws_instance_facts": _of_instance(AwsInstanceFacts),
    "aws_log_slice": _of_instance(AwsLogSlice),
    "aws_ssm_facts": _of_instance(AwsSsmFacts, budget_s=30.0),
    "aws_start_snapshots": _of_instance(AwsStartSnapshots),
}


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

    def denied(self):
        """Every permission that a capture says it misses; what AWS denied outright, too."""
        world = replace(world_of(self.aws), token=f"nephoscope-{uuid4().hex}")
        try:
            state = self.action.state(world)
            self.action.plan(world, state)
            self.action.apply(world, state)
            self.action.verify(world, state)
        except AccessDenied as error:
            return {error.permission}
        kept = [json.loads(text) for name, text in world.evidence.kept.items() if name.endswith("/not_captured.json")]
        return {each["permission"] for said in kept for each in said} - {""}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with start(tmp_path_factory.mktemp("sandbox"), pace=Pace(3600, 3600, 3600)) as sandbox:
        yield sandbox.endpoint_url


@pytest.fixture
def keeping(url, tmp_path):
    """A vault in an object-locked bucket, and what allows the role that reaches it."""
    account = "299999999999"
    keys = {"access_key_id": f"AKIAROOT{account}", "secret_access_key": "sandbox"}
    root = Aws((AwsAccount(account, **keys),), url, calls_per_s=1000)
    root.call("s3", "CreateBucket", Bucket="case-files", ObjectLockEnabledForBucket=True)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    root.call("iam", "CreateRole", RoleName=role_name("evidence"), AssumeRolePolicyDocument=document)
    role = f"arn:aws:iam::{account}:role/{role_name('evidence')}"
    aws = Aws((AwsAccount(account, **keys, role=role),), url, calls_per_s=1000)
    config = Config(data=tmp_path, evidence=Evidence(bucket="case-files", region="us-east-1", retain_days=1))
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        yield Acting("evidence", root, None, aws), lambda: opened_vault(config, ledger, aws)


def test_with_its_role_evidence_is_kept_and_verified_and_each_permission_is_missed(keeping):
    acting, vault = keeping
    policy = evidence_policy("case-files")

    def keep(run):
        opened = vault()
        box = opened.box(run)
        box.add("facts", run.encode(), media_type="text/plain", source="s", captured_at=datetime.now(UTC))
        box.seal()
        return verify(opened.storage, opened.keys())

    acting.allow(policy)
    assert keep("run0").is_proven

    for permission in (*ON_BUCKET, *ON_OBJECTS):
        acting.allow(without(policy, permission))
        with pytest.raises(AccessDenied) as denied:
            keep(f"run-{permission.partition(':')[2]}")
        assert denied.value.permission == permission


@pytest.fixture
def acting(url, request):
    """The action that a test names, arranged in an account that nobody else uses."""
    name = request.param
    account = f"{100_000_000_000 + zlib.crc32(request.node.name.encode())}"
    keys = {"access_key_id": f"AKIAROOT{account}", "secret_access_key": "sandbox"}
    root = Aws((AwsAccount(account, **keys),), url, calls_per_s=1000)
    action = CAPTURES[name](root) if name in CAPTURES else promises()[name]().arrange(root)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    root.call("iam", "CreateRole", RoleName=role_name(name), AssumeRolePolicyDocument=document)
    role = f"arn:aws:iam::{account}:role/{role_name(name)}"
    return Acting(name, root, action, Aws((AwsAccount(account, **keys, role=role),), url, calls_per_s=1000))


def test_every_action_that_asks_aws_is_proven_here():
    asking = {name for name, kind in builtin().kinds.items() if kind.permissions}

    assert asking == {*promises(), *CAPTURES} - {"notify", "open_ticket"}


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


@pytest.mark.parametrize("acting", sorted(CAPTURES), indirect=True)
def test_with_its_role_a_capture_is_denied_nothing_and_says_each_permission_that_it_misses(acting):
    policy = response_policy(type(acting.action))
    acting.allow(policy)
    assert acting.denied() == set()

    for permission in sorted(acting.action.permissions):
        acting.allow(without(policy, permission))
        assert acting.denied() == {permission}


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
    """IAM takes no policy without a statement; what is left then allows nothing that an action asks."""
    kept = [one | {"Action": [each for each in one["Action"] if each != dropped]} for one in policy["Statement"]]
    nothing = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}
    return policy | {"Statement": [one for one in kept if one["Action"]] or [nothing]}
