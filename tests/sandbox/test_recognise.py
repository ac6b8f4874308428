"""Every protocol's request is understood as its API model names it."""

from datetime import UTC, datetime

import pytest

pytest.importorskip("moto")

import boto3
from botocore.awsrequest import AWSResponse
from moto.core.request import Request

from nephoscope.sandbox.call import Denial, Principal
from nephoscope.sandbox.caller import Backends, identify, root_access_key_id
from nephoscope.sandbox.recognise import Signature, recognise, signature

ROOT = root_access_key_id("123456789012")


def sent(service, operation, **parameters):
    """The request that botocore would send."""
    client = boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id=ROOT,
        aws_secret_access_key="secret",
    )
    requests = []

    def keep(request, **_):
        requests.append(Request.from_primitives(request.method, request.url, request.headers, request.body))
        return AWSResponse(request.url, 400, {}, None)

    client.meta.events.register("before-send", keep)
    with pytest.raises(AttributeError):
        getattr(client, operation)(**parameters)
    return requests[0]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("ec2", "describe_instances", {"InstanceIds": ["i-1", "i-2"]}, "DescribeInstances"),
        ("iam", "create_user", {"UserName": "jo", "Tags": [{"Key": "a", "Value": "b"}]}, "CreateUser"),
        ("logs", "create_log_group", {"logGroupName": "x"}, "CreateLogGroup"),
        ("lambda", "get_function", {"FunctionName": "f"}, "GetFunction"),
        ("s3", "put_bucket_policy", {"Bucket": "b", "Policy": "{}"}, "PutBucketPolicy"),
        ("s3control", "get_public_access_block", {"AccountId": "123456789012"}, "GetPublicAccessBlock"),
        ("elb", "describe_load_balancers", {"LoadBalancerNames": ["l"]}, "DescribeLoadBalancers"),
        ("elbv2", "describe_load_balancers", {"Names": ["l"]}, "DescribeLoadBalancers"),
        ("rolesanywhere", "list_profiles", {"pageSize": 3}, "ListProfiles"),
    ],
)
def test_a_call_is_named_and_its_parameters_are_as_the_client_gave_them(service, operation, parameters, expected):
    request = sent(service, operation, **parameters)

    scope = signature(request)
    found = recognise(request, scope.service)

    assert (scope.access_key_id, scope.region) == (ROOT, "eu-west-1")
    assert (found.service, found.operation) == (service, expected)
    assert {name: found.parameters[name] for name in parameters} == parameters


def test_a_request_that_no_model_knows_keeps_its_name():
    request = Request.from_primitives("POST", "http://127.0.0.1/", {"X-Amz-Target": "Nowhere.DoIt"}, b"{}")
    assert recognise(request, "nowhere").operation == "DoIt"


def test_a_body_that_is_no_json_does_not_stop_the_call():
    request = sent("logs", "create_log_group", logGroupName="x")
    broken = Request.from_primitives("POST", "http://127.0.0.1/", dict(request.headers), b"\xff{")
    assert recognise(broken, "logs").parameters == {}


def test_root_is_known_by_its_key_and_a_stranger_is_refused():
    backends, now = Backends({}), datetime(2026, 1, 1, tzinfo=UTC)

    root = identify(Signature(ROOT, service="ec2"), {}, backends, now)
    stranger = identify(Signature("AKIA0000000000000000", service="ec2"), {}, backends, now)

    assert root == Principal("Root", "123456789012", "arn:aws:iam::123456789012:root", "123456789012", ROOT)
    assert isinstance(stranger, Denial)
    assert stranger.code == "AuthFailure"
