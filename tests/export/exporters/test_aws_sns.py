import json
from dataclasses import replace

import pytest
from moto import mock_aws
from tests.export.samples import digest, hostile, naughty, notice

from nephoscope.clouds import Clouds
from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.export.exporters.aws_sns import AwsSns
from nephoscope.model.errors import ConfigError, DeliveryError

ACCOUNT = "123456789012"


@pytest.fixture
def aws():
    """A simulated account."""
    with mock_aws():
        yield Aws((AwsAccount(id=ACCOUNT, access_key_id="AKIAEXAMPLE", secret_access_key="s"),), region="eu-west-1")


@pytest.fixture
def topic(aws):
    """A topic with a queue behind it."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    arn = sns.create_topic(Name="findings")["TopicArn"]
    queue = sqs.create_queue(QueueName="behind")["QueueUrl"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:eu-west-1:{ACCOUNT}:behind")
    return arn, queue


def test_a_notice_is_published_as_json_with_attributes_to_filter_by(aws, topic, outside):
    arn, queue = topic
    exporter = AwsSns(topic=arn, account="notify")

    assert exporter.send([notice()], replace(outside, clouds=lambda name: Clouds(aws))) == {}

    [message] = aws.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    got = json.loads(message["Body"])
    assert got["Subject"] == "HIGH opened: CloudTrail logging stopped"
    assert json.loads(got["Message"])["finding"]["rule"] == "cloudtrail_logging_stopped"
    assert got["MessageAttributes"]["severity"] == {"Type": "String", "Value": "high"}
    assert aws.used == {"sns:Publish"} == set(exporter.permissions)


def test_a_topic_that_is_no_more_is_a_final_refusal(aws, outside):
    gone = AwsSns(topic=f"arn:aws:sns:eu-west-1:{ACCOUNT}:gone", account="notify")

    with pytest.raises(DeliveryError) as refused:
        gone.send([notice()], replace(outside, clouds=lambda name: Clouds(aws)))
    assert refused.value.is_final


def test_a_fifo_topic_keeps_the_order_of_a_finding_and_knows_what_it_has():
    message = AwsSns(topic=f"arn:aws:sns:eu-west-1:{ACCOUNT}:f.fifo", account="a").message(notice())

    assert message["MessageDeduplicationId"] == f"{1:032x}"
    assert message["MessageGroupId"] == notice().uid


def test_hostile_texts_keep_to_the_limits():
    exporter = AwsSns(topic=f"arn:aws:sns:eu-west-1:{ACCOUNT}:t", account="a")
    for told in [*map(hostile, naughty()), digest(1000)]:
        message = exporter.message(told)
        assert 1 <= len(message["Subject"]) <= 100
        assert message["Subject"].isascii()
        assert message["Subject"].isprintable()
        assert len(message["Message"].encode()) <= 262_144
        assert all(each["StringValue"] for each in message["MessageAttributes"].values())


def test_what_is_no_topic_is_refused(outside):
    with pytest.raises(ConfigError, match="no ARN"):
        AwsSns(topic="findings", account="a").send([notice()], outside)
