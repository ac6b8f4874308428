"""What a quarantine promises, as seen by whoever has the credentials, on a sandbox that enforces IAM."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("moto")

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.model.errors import AccessDenied, StoreError
from nephoscope.respond.action import builtin
from nephoscope.respond.actions.aws_deny_instance_sessions import AwsDenyInstanceSessions
from nephoscope.respond.actions.aws_deny_user import AwsDenyUser
from nephoscope.respond.actions.aws_disable_instance_metadata import AwsDisableInstanceMetadata
from nephoscope.respond.actions.aws_revoke_role_sessions import AwsRevokeRoleSessions
from nephoscope.respond.actions.aws_revoke_user_sessions import AwsRevokeUserSessions
from nephoscope.respond.playbook import load_playbooks
from nephoscope.sandbox.control import start
from nephoscope.sandbox.pace import Pace
from tests.respond.actions.test_aws_detach_from_auto_scaling import scaled
from tests.respond.estate import READ, REGION, ask, instance, instance_of, role
from tests.respond.harness import Known, differing, recorded, world_of

pytestmark = pytest.mark.slow
LATER = "2100-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with start(tmp_path_factory.mktemp("sandbox"), pace=Pace(3600, 3600, 3600)) as running:
        yield running


@pytest.fixture
def account(request):
    """An account number of each test's own."""
    return f"{200_000_000_000 + sum(request.node.name.encode())}"


@pytest.fixture
def root(sandbox, account):
    keys = {"access_key_id": f"AKIAROOT{account}", "secret_access_key": "sandbox"}
    return Aws((AwsAccount(account, **keys),), sandbox.endpoint_url, calls_per_s=1000)


@pytest.fixture
def session(sandbox, account):
    """`session(credentials)`: AWS as whoever holds them; credentials as STS names them."""

    def reach(given):
        keys = AwsAccount(account, "", given["AccessKeyId"], given["SecretAccessKey"], given.get("SessionToken", ""))
        return Aws((keys,), sandbox.endpoint_url, calls_per_s=1000)

    return reach


@pytest.fixture
def of_instance(sandbox, session):
    """`of_instance(id)`: AWS with the credentials that an instance is handed, as a thief would use them elsewhere."""

    def reach(instance_id):
        given = sandbox.steer("instance-credentials", instance_id=instance_id)
        return session(given | {"SessionToken": given["Token"]})

    return reach


def may_list(aws):
    """Whether these credentials are good for what their role or user may do."""
    try:
        ask(aws, "s3", "ListBuckets")
    except AccessDenied:
        return False
    return True


def whole(root, instance_id, arn):
    """Everything that AWS says of an instance, but for what it says only of this answer."""
    attributes = ("disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior")
    asked = [
        ("ec2", "DescribeInstanceAttribute", {"InstanceId": instance_id, "Attribute": each}) for each in attributes
    ]
    asked += [
        ("ec2", "DescribeInstances", {"InstanceIds": [instance_id]}),
        ("ec2", "DescribeSecurityGroups", {}),
        ("ec2", "DescribeNetworkAcls", {}),
        ("elbv2", "DescribeTargetHealth", {"TargetGroupArn": arn}),
        ("autoscaling", "DescribeAutoScalingInstances", {"InstanceIds": [instance_id]}),
        ("iam", "ListRolePolicies", {"RoleName": "web"}),
    ]
    answers = [ask(root, *each[:2], **each[2]) for each in asked]
    return [
        json.dumps({key: value for key, value in answer.items() if key != "ResponseMetadata"}, default=str, indent=1)
        for answer in answers
    ]


def test_a_whole_quarantine_is_taken_back_to_the_last_byte(root, account):
    role(root)
    launched = scaled(root, profile="web")
    vpc = instance_of(root, launched)["VpcId"]
    group = {"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc, "TargetType": "instance"}
    arn = ask(root, "elbv2", "CreateTargetGroup", **group)["TargetGroups"][0]["TargetGroupArn"]
    ask(root, "elbv2", "RegisterTargets", TargetGroupArn=arn, Targets=[{"Id": launched, "Port": 8080}])
    before = whole(root, launched, arn)
    inputs = {"account": account, "region": REGION, "instance_id": launched}
    playbook = load_playbooks().by_name["quarantine_instance"]
    told = playbook.told(inputs | {"cut_tracked_connections": True, "deny_peers": True})
    known = Known([{"peer": "192.0.2.7", "bytes": 5}])

    done = []
    for number, step in enumerate(playbook.steps_for(told)):
        action = builtin().make(step.action, step.settings, step.name)
        world = replace(world_of(root, known), token=f"nephoscope-r1-{number}")
        state = recorded(action, world)
        action.apply(world, state)
        done.append((action, world, state))
    assert [action.verify(world, state) for action, world, state in done if action.tactic != "capture"] == [""] * 9
    assert whole(root, launched, arn) != before

    for action, world, state in reversed(done):
        action.revert(world, state)
        assert differing(state, recorded(action, world), action.may_differ) == []
    assert whole(root, launched, arn) == before


def test_the_sessions_of_a_quarantined_instance_are_refused_and_those_of_its_twin_are_not(root, account, of_instance):
    role(root)
    first = instance(root, "web")["InstanceId"]
    thief, twin = of_instance(first), of_instance(second(root))
    assert may_list(thief)

    action, world = AwsDenyInstanceSessions(account, REGION, first), world_of(root)
    state = action.state(world)
    action.apply(world, state)
    assert not may_list(thief)
    assert may_list(twin)

    action.revert(world, state)
    assert may_list(thief)


def second(root):
    image = ask(root, "ec2", "DescribeImages", Owners=["self"])["Images"][0]["ImageId"]
    launch = {"MinCount": 1, "MaxCount": 1, "IamInstanceProfile": {"Name": "web"}}
    return ask(root, "ec2", "RunInstances", ImageId=image, **launch)["Instances"][0]["InstanceId"]


def test_an_instance_without_metadata_service_is_handed_no_credentials(root, account, of_instance):
    role(root)
    action = AwsDisableInstanceMetadata(account, REGION, instance(root, "web")["InstanceId"])
    world = world_of(root)
    state = action.state(world)

    action.apply(world, state)
    with pytest.raises(StoreError, match="is off"):
        of_instance(action.instance_id)

    action.revert(world, state)
    assert may_list(of_instance(action.instance_id))


def test_revoked_sessions_of_a_role_are_refused_and_new_ones_are_not(root, account, of_instance):
    role(root)
    name = instance(root, "web")["InstanceId"]
    action, world = AwsRevokeRoleSessions(account, REGION, "web"), world_of(root)
    old = of_instance(name)

    action.apply(world, {"is_denied": False, "before": LATER})
    assert not may_list(old)

    action.apply(world, {"is_denied": False, "before": "2000-01-01T00:00:00Z"})
    assert may_list(old)


def test_a_users_sessions_are_revoked_and_its_key_goes_on_until_it_is_denied(root, account, session):
    ask(root, "iam", "CreateUser", UserName="ann")
    ask(root, "iam", "PutUserPolicy", UserName="ann", PolicyName="own", PolicyDocument=str(READ).replace("'", '"'))
    key = session(ask(root, "iam", "CreateAccessKey", UserName="ann")["AccessKey"])
    temporary = session(ask(key, "sts", "GetSessionToken")["Credentials"])
    world = world_of(root)

    AwsRevokeUserSessions(account, REGION, "ann").apply(world, {"is_denied": False, "before": LATER})
    assert may_list(key)
    assert not may_list(temporary)

    AwsDenyUser(account, REGION, "ann").apply(world, {"is_denied": False})
    assert not may_list(key)
