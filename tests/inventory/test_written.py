import io
import json
from datetime import timedelta

import pytest
from tests.inventory.trail import ACCOUNT, GROUP, NOON, SSH, authorize, event

from nephoscope.collect.sources.aws_cloudtrail import AwsCloudTrail
from nephoscope.collect.sources.github_audit import GithubAudit
from nephoscope.inventory.written import authored, restored, written
from nephoscope.model.item import Item
from nephoscope.store.items import Revision, digest_of

KEY = (ACCOUNT, "eu-west-1", "AWS::EC2::SecurityGroup", GROUP)


def batch(*events, source=AwsCloudTrail):
    [one] = source.batches(io.BytesIO(json.dumps(list(events)).encode()), "s3://trail/file.json")
    return one


def revision(*rules, after_s=10):
    at = NOON + timedelta(seconds=after_s)
    item = Item(KEY[2], GROUP, ACCOUNT, KEY[1], {"SecurityGroupIngress": list(rules)}, captured_at=at)
    return Revision(item, digest_of(item), at)


def test_a_write_event_asks_for_the_resource_it_touched_once():
    later = NOON + timedelta(seconds=7)
    assert written(batch(authorize(SSH), authorize(SSH, after_s=7))) == [(KEY, later)]
    assert written(batch(authorize(SSH, after_s=7), authorize(SSH))) == [(KEY, later)]


@pytest.mark.parametrize(
    "apart",
    [
        {"awsRegion": "us-east-1"},
        {"recipientAccountId": "999999999999"},
        {"requestParameters": {"groupId": "sg-0fedcba9876543210"}},
        {"responseElements": {"groupId": "sg-0fedcba9876543210"}},
        {"resources": [{"ARN": "arn:aws:ec2:eu-west-1:1:security-group/sg-0fedcba9876543210"}]},
        {"eventName": "DeleteSecurityGroup"},
        {"eventSource": "iam.amazonaws.com", "eventName": "UpdateUser", "requestParameters": {"userName": "ann"}},
        {"readOnly": "false"},
        {"errorCode": 10**30},
        {"requestParameters": {"groupId": "\ud800"}},
        {"eventTime": "no time"},
    ],
    ids=str,
)
def test_writes_taken_together_touch_what_each_touches(apart):
    events = [authorize(SSH), authorize(SSH, after_s=5) | apart, authorize(SSH, after_s=3), authorize(SSH) | apart]
    content = json.dumps(events).encode()
    together = [touch for part in AwsCloudTrail.batches(io.BytesIO(content), "f") for touch in written(part)]
    assert latest(together) == latest(touch for one in events for touch in written(batch(one)))


def latest(touches):
    times: dict = {}
    for touch in touches:
        times.setdefault(touch.key, []).append(touch.at)
    return {key: None if None in found else max(found) for key, found in times.items()}


@pytest.mark.parametrize(
    "harmless", [{"readOnly": True}, {"errorCode": "Client.UnauthorizedOperation"}], ids=["reads", "was refused"]
)
def test_an_event_that_changed_nothing_asks_for_nothing(harmless):
    assert written(batch(authorize(SSH, **harmless))) == []


def test_other_logs_ask_for_nothing():
    assert written(batch({"@timestamp": 1767268800000, "action": "repo.create"}, source=GithubAudit)) == []


def test_a_record_is_restored_from_what_the_lake_holds_of_it():
    row = {
        "time": NOON,
        "metadata.uid": "e1",
        "api.operation": "PutBucketPolicy",
        "actor.user.uid": "arn:aws:iam::123456789012:user/ann",
        "api.request.data": '{"bucketName":"b"}',
        "api.response.error": None,
    }

    assert restored(row, AwsCloudTrail.columns) == {
        "eventTime": "2026-01-01T12:00:00Z",
        "eventID": "e1",
        "eventName": "PutBucketPolicy",
        "userIdentity": {"arn": "arn:aws:iam::123456789012:user/ann"},
        "requestParameters": {"bucketName": "b"},
    }


def test_a_revision_names_who_made_it():
    before, after = revision(after_s=0), revision(SSH)

    [made] = authored([after], {KEY: before}, [authorize(SSH, by="mallory")])

    assert made.attribution["actor"]["uid"].endswith("user/mallory")
    assert made.item == after.item


def test_a_revision_that_no_event_explains_is_left_as_it_was():
    before, after = revision(after_s=0), revision(SSH)
    elsewhere = event("PutBucketPolicy", {"bucketName": "b"}, source="s3")

    assert authored([after], {KEY: before}, [elsewhere]) == [after]
    assert authored([after], {KEY: before}, []) == [after]


def test_an_event_that_made_the_revision_before_gives_way_to_one_that_made_none():
    opening = authorize(SSH, by="ann")
    [first] = authored([revision(SSH)], {KEY: revision(after_s=0)}, [opening])
    again = authorize(SSH, by="mallory", after_s=15)

    [second] = authored([revision(SSH, SSH, after_s=20)], {KEY: first}, [opening, again])
    assert first.attribution["actor"]["uid"].endswith("user/ann")
    assert second.attribution["actor"]["uid"].endswith("user/mallory")
