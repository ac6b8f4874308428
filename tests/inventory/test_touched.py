from dataclasses import replace

import pytest
from tests.inventory.trail import ACCOUNT, GROUP, SSH, authorize, event

from nephoscope.inventory.touched import also_touched, touched
from nephoscope.model.item import Item, Relationship

BALANCER = "arn:aws:elasticloadbalancing:r:1:loadbalancer/app/w/1"
FUNCTION = {"functionArn": "arn:aws:lambda:r:1:function:f"}
KEY = {"accessKey": {"accessKeyId": "AKIAX", "userName": "eve"}}
TAGGED = {"resourcesSet": {"items": [{"resourceId": "i-0123456789abcdef0"}, {"resourceId": GROUP}]}}
ODD = {"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "requestParameters": "odd", "resources": [7]}
TOUCHED = [
    (authorize(SSH), [("eu-west-1", "AWS::EC2::SecurityGroup", GROUP)]),
    (
        event("PutBucketPolicy", {"bucketName": "b", "bucketPolicy": {}}, source="s3"),
        [("eu-west-1", "AWS::S3::Bucket", "b")],
    ),
    (
        event(
            "CreateFunction20150331",
            {"functionName": "f"},
            FUNCTION,
            source="lambda",
        ),
        [("eu-west-1", "AWS::Lambda::Function", "f")],
    ),
    (
        event(
            "CreateAccessKey",
            {"userName": "eve"},
            KEY,
            source="iam",
        ),
        [("global", "AWS::IAM::AccessKey", "AKIAX")],
    ),
    (
        event("StopLogging", {"name": "arn:aws:cloudtrail:r:1:trail/main"}, source="cloudtrail"),
        [("eu-west-1", "AWS::CloudTrail::Trail", "main")],
    ),
    (
        event(
            "CreateTags", {"resourcesSet": {"items": [{"resourceId": "i-0123456789abcdef0"}, {"resourceId": GROUP}]}}
        ),
        [("eu-west-1", "AWS::EC2::Instance", "i-0123456789abcdef0"), ("eu-west-1", "AWS::EC2::SecurityGroup", GROUP)],
    ),
    (event("EnableEbsEncryptionByDefault", {}), [("eu-west-1", "AWS::EC2::AccountSettings", ACCOUNT)]),
    (event("UpdateAccountPasswordPolicy", {}, source="iam"), [("global", "AWS::IAM::AccountPasswordPolicy", ACCOUNT)]),
    (
        event(
            "CreateListener",
            {"loadBalancerArn": BALANCER},
            source="elasticloadbalancing",
        ),
        [
            (
                "eu-west-1",
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                BALANCER,
            )
        ],
    ),
    (event("DescribeInstances", {}, readOnly=True), []),
    (event("ConsoleLogin", None, source="signin"), []),
    (authorize(SSH) | {"errorCode": "AccessDenied"}, []),
    ({}, []),
    (
        {"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "requestParameters": "odd", "resources": [7]},
        [],
    ),
]


@pytest.mark.parametrize(("record", "expected"), TOUCHED, ids=str)
def test_an_event_says_which_resources_to_read_again(record, expected):
    assert touched(record) == [(ACCOUNT, *one) for one in expected]


def test_what_came_and_went_with_an_instance_is_read_again_too():
    disk, interface = (
        Relationship("is attached to", kind, id)
        for kind, id in (("AWS::EC2::Volume", "vol-1"), ("AWS::EC2::NetworkInterface", "eni-1"))
    )
    vpc = Relationship("is contained in", "AWS::EC2::VPC", "vpc-1")
    instance = Item("AWS::EC2::Instance", "i-1", ACCOUNT, "eu-west-1", {}, relationships=(disk, vpc))
    moved = replace(instance, relationships=(disk, interface))

    assert also_touched(None, instance) == [(ACCOUNT, "eu-west-1", "AWS::EC2::Volume", "vol-1")]
    assert also_touched(instance, moved) == [(ACCOUNT, "eu-west-1", "AWS::EC2::NetworkInterface", "eni-1")]
    assert also_touched(instance, None) == also_touched(None, instance)
    assert also_touched(None, None) == []
