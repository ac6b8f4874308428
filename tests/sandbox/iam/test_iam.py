"""Whole decisions, on the policies that a moto in this process holds."""

import json

import boto3
import pytest
from moto import mock_aws

from nephoscope.sandbox.call import Principal
from nephoscope.sandbox.caller import open_backends
from nephoscope.sandbox.iam import authorise
from tests.sandbox.iam.calls import ACCOUNT, OTHER, call, role_session, user

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def with_aws_policies(monkeypatch):
    """The policies that AWS itself keeps are loaded, which takes moto half a second."""
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")


@pytest.fixture
def client(monkeypatch):
    """Clients of a moto whose account is ours: with the user ada, and the role reader that another account trusts."""
    monkeypatch.setenv("MOTO_ACCOUNT_ID", ACCOUNT)
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    with mock_aws():
        session = boto3.Session(region_name="us-east-1", **keys)
        iam = session.client("iam")
        iam.create_user(UserName="ada", Tags=[{"Key": "team", "Value": "data"}])
        trust = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName="reader", AssumeRolePolicyDocument=document(trust), Path="/audit/")
        yield session.client


def grant(client, *statements, name="p"):
    client("iam").put_user_policy(UserName="ada", PolicyName=name, PolicyDocument=document(*statements))


def decide(*arguments, **more):
    return authorise(call(*arguments, **more), open_backends())


def test_a_denial_names_who_what_and_why(client):
    denial = decide("iam", "ListUsers")
    assert denial.code == "AccessDenied"
    assert denial.status == 403
    assert denial.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/ada is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action"
    )


def test_each_kind_of_service_has_its_own_code(client):
    assert decide("ec2", "DescribeInstances").code == "UnauthorizedOperation"
    assert decide("kms", "ListKeys").code == "AccessDeniedException"
    assert decide("kms", "ListKeys").status == 400
    assert decide("s3", "ListBuckets").code == "AccessDenied"


def test_policies_of_the_user_of_groups_and_of_aws_count(with_aws_policies, client):
    iam = client("iam")
    assert decide("ec2", "DescribeInstances")
    grant(client, allow("ec2:Describe*"))
    assert decide("ec2", "DescribeInstances") is None
    iam.create_group(GroupName="auditors")
    iam.put_group_policy(GroupName="auditors", PolicyName="g", PolicyDocument=document(allow("iam:List*")))
    assert decide("iam", "ListUsers")
    iam.add_user_to_group(GroupName="auditors", UserName="ada")
    assert decide("iam", "ListUsers") is None
    assert decide("cloudtrail", "StopLogging", {"Name": "t"})
    iam.attach_user_policy(UserName="ada", PolicyArn=ADMINISTRATOR)
    assert decide("cloudtrail", "StopLogging", {"Name": "t"}) is None


def test_the_default_version_of_a_policy_is_the_one_that_counts(client):
    iam = client("iam")
    made = iam.create_policy(PolicyName="v", PolicyDocument=document(allow("ec2:*")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ada", PolicyArn=made)
    assert decide("ec2", "DescribeInstances") is None
    iam.create_policy_version(PolicyArn=made, PolicyDocument=document(allow("s3:*")), SetAsDefault=True)
    assert decide("ec2", "DescribeInstances")


def test_a_session_of_a_role_has_the_roles_policies(client):
    assert decide("iam", "ListUsers", principal=role_session(path="/audit/"))
    client("iam").put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=document(allow("iam:List*")))
    assert decide("iam", "ListUsers", principal=role_session(path="/audit/")) is None


def test_a_session_policy_limits_the_session(client):
    client("iam").put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=document(allow("*")))
    limited = role_session(path="/audit/", policy=document(allow("s3:*")))
    assert decide("s3", "ListBuckets", principal=limited) is None
    assert "no session policy allows" in decide("iam", "ListUsers", principal=limited).message


def test_a_boundary_limits_the_role(client):
    iam = client("iam")
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=document(allow("*")))
    iam.put_role_permissions_boundary(RoleName="reader", PermissionsBoundary=edge)
    assert decide("s3", "ListBuckets", principal=role_session(path="/audit/")) is None
    denied = decide("iam", "ListUsers", principal=role_session(path="/audit/"))
    assert "no permissions boundary allows" in denied.message


def test_root_may_and_a_malformed_policy_denies_with_its_reason(client):
    root = Principal("Root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, f"AKIAROOT{ACCOUNT}")
    assert decide("iam", "ListUsers", principal=root) is None
    open_backends().iam[ACCOUNT]["aws"].users["ada"].policies["broken"] = "{"
    assert "the document is not JSON" in decide("iam", "ListUsers").message


def test_a_role_is_assumed_only_by_whom_its_trust_names(client):
    asked = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/audit/reader", "RoleSessionName": "s"}
    assert decide("sts", "AssumeRole", asked)
    grant(client, allow("sts:AssumeRole"))
    assert "no resource-based policy allows" in decide("sts", "AssumeRole", asked).message
    stranger = Principal("Root", OTHER, f"arn:aws:iam::{OTHER}:root", OTHER)
    assert decide("sts", "AssumeRole", asked, principal=stranger) is None


def test_a_public_bucket_lets_anybody_read_until_public_access_is_blocked(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="open")
    s3.put_object(Bucket="open", Key="k", Body=b"x")
    anonymous = {"principal": Principal("Anonymous"), "account": ACCOUNT}
    given = {"Bucket": "open", "Key": "k"}
    assert decide("s3", "GetObject", given, **anonymous).message == "Access Denied"
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/*"}
    s3.put_bucket_policy(Bucket="open", Policy=document(public))
    assert decide("s3", "GetObject", given, **anonymous) is None
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True}
    s3.put_public_access_block(Bucket="open", PublicAccessBlockConfiguration={**block, "RestrictPublicBuckets": True})
    assert decide("s3", "GetObject", given, **anonymous)


def test_an_access_control_list_opens_a_bucket_too(client):
    client("s3").create_bucket(Bucket="listed", ACL="public-read")
    anonymous = {"principal": Principal("Anonymous"), "account": ACCOUNT}
    assert decide("s3", "ListObjectsV2", {"Bucket": "listed"}, **anonymous) is None
    assert decide("s3", "PutObject", {"Bucket": "listed", "Key": "k"}, **anonymous)


def test_a_key_is_reached_through_its_alias_and_its_policy(client):
    kms = client("kms")
    key = kms.create_key(Policy=document({**allow("kms:*"), "Principal": {"AWS": ACCOUNT}}))["KeyMetadata"]
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyId"])
    assert decide("kms", "Encrypt", {"KeyId": "alias/data"})
    grant(client, allow("kms:Encrypt", key["Arn"]))
    assert decide("kms", "Encrypt", {"KeyId": "alias/data"}) is None
    kms.put_key_policy(
        KeyId=key["KeyId"], PolicyName="default", Policy=document({**allow("kms:*"), "Principal": {"AWS": OTHER}})
    )
    assert decide("kms", "Encrypt", {"KeyId": "alias/data"})


def test_a_queue_and_a_topic_open_to_another_account(client):
    sqs, sns = client("sqs"), client("sns")
    theirs = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "*", "Resource": "*"}
    url = sqs.create_queue(QueueName="q", Attributes={"Policy": document(theirs)})["QueueUrl"]
    topic = sns.create_topic(Name="t")["TopicArn"]
    stranger = Principal("Root", OTHER, f"arn:aws:iam::{OTHER}:root", OTHER)
    assert decide("sqs", "ReceiveMessage", {"QueueUrl": url}, principal=stranger) is None
    assert decide("sns", "Publish", {"TopicArn": topic}, principal=stranger)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(theirs))
    assert decide("sns", "Publish", {"TopicArn": topic}, principal=stranger) is None


def test_a_secret_is_known_by_its_name(client):
    made = client("secretsmanager").create_secret(Name="db", SecretString="x")["ARN"]
    grant(client, allow("secretsmanager:GetSecretValue", made))
    assert decide("secretsmanager", "GetSecretValue", {"SecretId": "db"}) is None
    assert decide("secretsmanager", "DeleteSecret", {"SecretId": "db"})


def test_passing_a_role_is_asked_for_with_the_role_behind_the_profile(client):
    iam = client("iam")
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="reader")
    given = {"ImageId": "ami-1", "IamInstanceProfile": {"Name": "web"}}
    grant(client, allow("ec2:*"))
    denied = decide("ec2", "RunInstances", given)
    assert f"iam:PassRole on resource: arn:aws:iam::{ACCOUNT}:role/audit/reader" in denied.message
    passing = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
    grant(client, allow("ec2:*"), passing)
    assert decide("ec2", "RunInstances", given) is None


def test_tags_decide_where_a_policy_asks_for_them(client):
    ec2 = client("ec2")
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": "data"}]}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    mine = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    grant(client, allow("ec2:DeleteVpc", Condition=mine))
    assert decide("ec2", "DeleteVpc", {"VpcId": vpc}) is None
    assert decide("ec2", "DeleteVpc", {"VpcId": other})


def test_an_organisations_policy_binds_its_members_and_not_its_management(client):
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="prod", Email="prod@example.com")["CreateAccountStatus"]
    member = made["AccountId"]
    fence = {"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"}
    policy = organizations.create_policy(
        Name="fence", Description="d", Type="SERVICE_CONTROL_POLICY", Content=document(fence)
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=organizations.list_roots()["Roots"][0]["Id"])
    roots = [Principal("Root", each, f"arn:aws:iam::{each}:root", each) for each in (ACCOUNT, member)]
    management, bound = (decide("cloudtrail", "StopLogging", {"Name": "t"}, principal=root) for root in roots)
    assert management is None
    assert "explicit deny in a service control policy" in bound.message
    assert decide("iam", "ListUsers", principal=roots[1]) is None


def test_a_user_without_policies_may_still_ask_who_they_are(client):
    assert decide("sts", "GetCallerIdentity", principal=user()) is None


def test_aws_own_services_are_not_asked(client):
    service = Principal("AWSService", invoked_by="cloudtrail.amazonaws.com")
    assert decide("s3", "PutObject", {"Bucket": "b", "Key": "k"}, principal=service, account=ACCOUNT) is None
