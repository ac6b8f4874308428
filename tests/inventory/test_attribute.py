from dataclasses import replace
from datetime import timedelta

import pytest
from tests.inventory.trail import ACCOUNT, GROUP, NOON, SSH, WEB, authorize, event

from nephoscope.inventory.attribute import attribute, authorship, words_of
from nephoscope.model.item import Item


def item(resource_type, id, configuration, *, at=NOON, region="eu-west-1", **more):
    return Item(resource_type, id, ACCOUNT, region, configuration, captured_at=at, **more)


def group(*rules, at=NOON):
    return item("AWS::EC2::SecurityGroup", GROUP, {"SecurityGroupIngress": list(rules)}, at=at)


LATER = NOON + timedelta(seconds=10)


def test_the_event_that_shows_the_change_made_it():
    opening = authorize(SSH)

    [found] = attribute(group(), group(SSH, at=LATER), [opening])

    assert found.event is opening
    assert found.change.path == "/SecurityGroupIngress/0"


def test_two_actors_changes_of_one_moment_are_told_apart_by_what_they_asked_for():
    ann, bob = authorize(SSH, by="ann"), authorize(WEB, by="bob", after_s=6)

    found = attribute(group(), group(SSH, WEB, at=LATER), [bob, ann])

    assert {one.change.after["FromPort"]: one.event for one in found} == {22: ann, 443: bob}


def test_two_actors_who_asked_for_the_same_are_not_guessed_between():
    both = [authorize(SSH, by="ann"), authorize(SSH, by="bob", after_s=6)]

    [found] = attribute(group(), group(SSH, at=LATER), both)

    assert found.event is None
    assert list(found.candidates) == both
    assert "several actors" in found.reason


@pytest.mark.parametrize(
    "unfit",
    [
        {"errorCode": "Client.UnauthorizedOperation"},
        {"readOnly": True},
        {"recipientAccountId": "999999999999"},
        {"awsRegion": "us-east-1"},
        {"requestParameters": {"groupId": "sg-ffffffffffffffff0"}},
        {"eventTime": "2026-01-01T13:00:00Z"},
        {"eventTime": "2026-01-01T11:00:00Z"},
        {"eventTime": "never"},
        {"eventName": "AuthorizeSecurityGroupEgress"},
        {"eventSource": "rds.amazonaws.com"},
    ],
    ids=str,
)
def test_an_event_that_failed_or_is_of_elsewhere_or_another_time_is_not_named(unfit):
    [found] = attribute(group(), group(SSH, at=LATER), [authorize(SSH) | unfit])

    assert found.event is None


def test_an_event_that_made_an_earlier_revision_comes_second():
    first, second = authorize(WEB, after_s=-1), authorize(WEB, after_s=4)

    [found] = attribute(group(), group(WEB, at=LATER), [first, second], explained={first["eventID"]})

    assert found.event is second


def test_an_event_that_made_an_earlier_revision_does_not_explain_the_next_one_for_want_of_a_better():
    before = item("AWS::IAM::User", "ann", {"UserName": "ann"})
    after = item(
        "AWS::IAM::User", "ann", {"UserName": "ann", "LoginProfile": {"PasswordResetRequired": True}}, at=LATER
    )
    created = event("CreateUser", {"userName": "ann"}, source="iam", after_s=-1)

    [found] = attribute(before, after, [created], explained={created["eventID"]})

    assert found.event is None
    assert "earlier revisions" in found.reason


def test_what_was_not_collected_is_nobodys_doing():
    bucket = item("AWS::S3::Bucket", "b", {"BucketPolicy": {"PolicyDocument": {}}})
    denied = replace(bucket, configuration={}, not_collected={"/BucketPolicy": "denied"}, captured_at=LATER)

    assert attribute(bucket, denied, [event("DeleteBucketPolicy", {"bucketName": "b"}, source="s3")]) == ()


def test_only_an_event_about_the_property_can_have_changed_it():
    before = item("AWS::S3::Bucket", "b", {"VersioningConfiguration": {"Status": "Enabled"}, "Tags": []})
    after = replace(before, configuration={"VersioningConfiguration": {"Status": "Suspended"}, "Tags": []})
    after = replace(after, captured_at=LATER)
    tagging = event("PutBucketTagging", {"bucketName": "b", "Tagging": "Suspended"}, by="bob", source="s3")
    request = {"bucketName": "b", "VersioningConfiguration": {"Status": "Suspended"}}
    suspending = event("PutBucketVersioning", request, source="s3", after_s=3)

    [found] = attribute(before, after, [suspending, tagging])

    assert found.event is suspending


def test_a_resource_is_created_by_its_first_creating_event_and_not_by_a_tag():
    created = event("CreateSecurityGroup", {"groupName": "web"}, {"groupId": GROUP}, after_s=2)
    tagged = event("CreateTags", {"resourcesSet": {"items": [{"resourceId": GROUP}]}}, after_s=1, by="bob")

    [found] = attribute(None, group(at=LATER), [tagged, created])

    assert found.event is created
    assert found.change.path == ""


def test_a_resource_first_seen_without_its_creation_has_no_author():
    [found] = attribute(None, group(SSH), [authorize(SSH, after_s=-2)])

    assert found.event is None
    assert "creates" in found.reason


def test_a_deletion_is_named():
    bucket = item("AWS::S3::Bucket", "b", {"BucketName": "b"})
    unpolicied = event("DeleteBucketPolicy", {"bucketName": "b"}, source="s3", by="bob", after_s=7)
    deleted = event("DeleteBucket", {"bucketName": "b"}, source="s3", after_s=6)

    [found] = attribute(bucket, None, [deleted, unpolicied])

    assert found.event is deleted


def test_a_user_is_not_taken_for_a_role_of_the_same_name():
    before = item("AWS::IAM::Role", "admin", {"ManagedPolicyArns": []}, region="global")
    after = replace(before, configuration={"ManagedPolicyArns": ["arn:aws:iam::aws:policy/X"]}, captured_at=LATER)
    of_user = event("AttachUserPolicy", {"userName": "admin", "policyArn": "arn:aws:iam::aws:policy/X"}, source="iam")
    of_role = event(
        "AttachRolePolicy",
        {"roleName": "admin", "policyArn": "arn:aws:iam::aws:policy/X"},
        source="iam",
        by="bob",
        awsRegion="us-east-1",
    )

    [found] = attribute(before, after, [of_user, of_role])

    assert found.event is of_role


def test_a_policy_written_as_text_in_the_request_is_read():
    document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    before = item("AWS::IAM::User", "eve", {"Policies": []}, region="global")
    after = replace(before, configuration={"Policies": [{"PolicyName": "p", "PolicyDocument": document}]})
    text = '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    put = event("PutUserPolicy", {"userName": "eve", "policyName": "p", "policyDocument": text}, source="iam")
    other = event(
        "PutUserPolicy", {"userName": "eve", "policyName": "q", "policyDocument": "{}"}, source="iam", by="bob"
    )

    [found] = attribute(before, replace(after, captured_at=LATER), [other, put])

    assert found.event is put


def test_the_disk_of_a_launched_instance_was_made_by_the_launch():
    disk = {"VolumeId": "vol-0123456789abcdef0", "Attachments": [{"InstanceId": "i-0123456789abcdef0"}]}
    launch = event("RunInstances", {}, {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}})

    [found] = attribute(None, item("AWS::EC2::Volume", disk["VolumeId"], disk, at=LATER), [launch])

    assert found.event is launch


def test_a_revision_keeps_its_author_and_who_made_which_path():
    ann, bob = authorize(SSH, by="ann"), authorize(WEB, by="bob", after_s=6, sourceIPAddress="192.0.2.1")

    kept = authorship(attribute(group(), group(SSH, WEB, at=LATER), [bob, ann]))

    assert kept["event_uid"] == bob["eventID"]
    assert kept["actor"]["uid"].endswith(":user/bob")
    assert kept["actor"]["ip"] == "192.0.2.1"
    assert {change["event_uid"] for change in kept["changes"]} == {ann["eventID"], bob["eventID"]}


def test_a_revision_without_a_known_author_keeps_none():
    assert authorship(attribute(group(), group(SSH, at=LATER), [])) == {}


def test_what_was_taken_away_is_not_the_doing_of_who_put_it_there():
    entry = {"RuleNumber": 90, "Egress": False, "CidrBlock": "192.0.2.0/24", "RuleAction": "deny"}
    acl = "acl-0123456789abcdef0"
    before = item("AWS::EC2::NetworkAcl", acl, {"Entries": [entry]})
    after = replace(before, configuration={"Entries": []}, captured_at=LATER)
    request = {"networkAclId": acl, "ruleNumber": 90, "egress": False}
    made = event("CreateNetworkAclEntry", request | {"cidrBlock": "192.0.2.0/24", "ruleAction": "deny"}, by="bob")
    taken = event("DeleteNetworkAclEntry", request, after_s=6)

    [found] = attribute(before, after, [made, taken])

    assert found.event is taken


def test_a_policy_replaced_within_one_moment_is_its_last_writers_only_if_it_shows():
    before = item("AWS::IAM::User", "eve", {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": "old"}}]})
    after = replace(before, configuration={"Policies": []}, captured_at=LATER)
    put = event("PutUserPolicy", {"userName": "eve", "policyName": "p", "policyDocument": '"old"'}, source="iam")
    delete = event("DeleteUserPolicy", {"userName": "eve", "policyName": "p"}, source="iam", after_s=6)

    [found] = attribute(before, after, [put, delete])

    assert found.event is delete


@pytest.mark.parametrize(
    ("resource_type", "id", "more", "words"),
    [
        ("AWS::EC2::SecurityGroup", GROUP, {}, {GROUP}),
        ("AWS::SNS::Topic", f"arn:aws:sns:eu-west-1:{ACCOUNT}:alarms", {}, {"alarms"}),
        ("AWS::SQS::Queue", f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs", {}, {"jobs"}),
        ("AWS::IAM::User", "ann+test@example.com", {}, {"example.com"}),
        (
            "AWS::SecretsManager::Secret",
            "arn:aws:secretsmanager:r:1:secret:db-AbCdEf",
            {"name": "db-key"},
            {"db-AbCdEf", "db-key"},
        ),
        ("AWS::Logs::LogGroup", "/aws/lambda/fn", {}, None),
        ("AWS::IAM::Root", ACCOUNT, {}, None),
    ],
)
def test_events_about_a_resource_are_searched_for_by_words_that_they_must_hold(resource_type, id, more, words):
    assert words_of(item(resource_type, id, {}, **more)) == words


def test_events_about_what_a_resource_comes_and_goes_with_are_searched_for_too():
    disk = item("AWS::EC2::Volume", "vol-0123456789abcdef0", {"Attachments": [{"InstanceId": "i-0123456789abcdef0"}]})

    assert words_of(disk) == {"vol-0123456789abcdef0", "i-0123456789abcdef0"}
