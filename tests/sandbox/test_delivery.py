"""What is called is delivered, as CloudTrail delivers it."""

import gzip
import json
import re
from urllib.parse import unquote

KEY = re.compile(
    r"AWSLogs/111111111111/CloudTrail/(?P<region>[a-z0-9-]+)/\d{4}/\d\d/\d\d/"
    r"111111111111_CloudTrail_(?P=region)_\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz"
)


def records(clients, sandbox, bucket="logs"):
    """Every record that was delivered so far, by key."""
    sandbox.steer("deliver")
    s3 = clients("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {
        key: json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))["Records"]
        for key in keys
        if "/CloudTrail/" in key
    }


def test_a_call_is_in_a_log_file_of_its_region(trail, clients, sandbox):
    clients("ec2", "eu-west-1").create_vpc(CidrBlock="10.0.0.0/16")

    files = records(clients, sandbox)

    assert all(KEY.fullmatch(key) for key in files)
    created = next(one for many in files.values() for one in many if "10.0.0.0/16" in str(one["requestParameters"]))
    assert (created["awsRegion"], created["eventName"]) == ("eu-west-1", "CreateVpc")
    assert created["responseElements"]["vpc"]["vpcId"].startswith("vpc-")


def test_a_global_service_is_filed_under_us_east_1(trail, clients, sandbox):
    clients("iam", "eu-west-1").create_user(UserName="global")

    files = records(clients, sandbox)

    named = {"userName": "global"}
    [key] = [key for key, many in files.items() if any(one["requestParameters"] == named for one in many)]
    assert "/us-east-1/" in key


def test_no_record_is_delivered_twice_and_none_is_lost(trail, clients, sandbox):
    iam = clients("iam")
    for number in range(20):
        iam.create_group(GroupName=f"group-{number}")
        if number % 7 == 0:
            sandbox.steer("deliver")

    files = records(clients, sandbox)

    groups = [
        one["requestParameters"]["groupName"]
        for many in files.values()
        for one in many
        if one["eventName"] == "CreateGroup"
    ]
    assert sorted(groups) == sorted(f"group-{number}" for number in range(20))


def test_a_delivered_file_is_announced_on_a_queue(trail, clients, sandbox):
    sqs, s3 = clients("sqs"), clients("s3")
    url = sqs.create_queue(QueueName="news")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events = [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
    s3.put_bucket_notification_configuration(Bucket="logs", NotificationConfiguration={"QueueConfigurations": events})
    clients("iam").create_user(UserName="announced")

    sandbox.steer("deliver")

    bodies = [one["Body"] for one in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]
    assert any("AWSLogs/111111111111/CloudTrail/us-east-1" in unquote(body) for body in bodies)


def test_a_change_is_told_on_eventbridge(trail, clients, sandbox):
    sqs, events = clients("sqs", "us-west-2"), clients("events", "us-west-2")
    url = sqs.create_queue(QueueName="changes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"detail-type": ["AWS API Call via CloudTrail"], "source": ["aws.ec2"]}
    events.put_rule(Name="changes", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="changes", Targets=[{"Id": "queue", "Arn": arn}])
    clients("ec2", "us-west-2").create_vpc(CidrBlock="10.9.0.0/16")

    sandbox.steer("deliver")

    [message] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"])["detail"]["eventName"] == "CreateVpc"


def test_what_a_stopped_trail_misses_is_not_delivered_later(clients, sandbox):
    clients("s3").create_bucket(Bucket="second")
    cloudtrail, iam = clients("cloudtrail"), clients("iam")
    cloudtrail.create_trail(Name="second", S3BucketName="second", IncludeGlobalServiceEvents=True)
    cloudtrail.start_logging(Name="second")
    iam.create_user(UserName="seen")
    cloudtrail.stop_logging(Name="second")
    iam.create_user(UserName="unseen")
    cloudtrail.start_logging(Name="second")
    iam.create_user(UserName="seen-again")

    found = [one for many in records(clients, sandbox, "second").values() for one in many]

    users = [one["requestParameters"]["userName"] for one in found if one["eventName"] == "CreateUser"]
    assert sorted(users) == ["seen", "seen-again"]
    assert "StopLogging" in [one["eventName"] for one in found]


def test_reading_an_object_is_logged_only_where_a_trail_asks_for_it(clients, sandbox):
    s3, cloudtrail = clients("s3"), clients("cloudtrail")
    for name in ("watched", "quiet", "third"):
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="secret.txt", Body=b"x")
    cloudtrail.create_trail(Name="third", S3BucketName="third")
    wanted = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::watched/"]}
    selector = {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False, "DataResources": [wanted]}
    cloudtrail.put_event_selectors(TrailName="third", EventSelectors=[selector])
    cloudtrail.start_logging(Name="third")
    for name in ("watched", "quiet"):
        s3.get_object(Bucket=name, Key="secret.txt")

    found = [one for many in records(clients, sandbox, "third").values() for one in many]

    assert [(one["eventName"], one["requestParameters"]["bucketName"]) for one in found] == [("GetObject", "watched")]
    assert found[0]["eventCategory"] == "Data"


def test_lookup_events_finds_by_attribute_and_pages(trail, clients):
    iam = clients("iam")
    for number in range(5):
        iam.create_user(UserName=f"looked-up-{number}")
    cloudtrail = clients("cloudtrail")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]

    pages = list(
        cloudtrail.get_paginator("lookup_events").paginate(LookupAttributes=wanted, PaginationConfig={"PageSize": 2})
    )

    found = [json.loads(one["CloudTrailEvent"]) for page in pages for one in page["Events"]]
    assert len({one["eventID"] for one in found}) == len(found) >= 5
    assert found[0]["requestParameters"]["userName"] == "looked-up-4"
