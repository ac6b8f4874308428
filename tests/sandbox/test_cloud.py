"""Clients of the sandbox are served as AWS serves them."""

import json
import threading
import time
import urllib.request

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from nephoscope.model.errors import StoreError
from nephoscope.sandbox.control import start, steer
from nephoscope.sandbox.pace import Pace
from tests.sandbox.conftest import Clients

ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def records(sandbox, name):
    """Every record of an event."""
    lines = (sandbox.folder / "records.jsonl").read_text().splitlines()
    return [record for line in lines if (record := json.loads(line)["record"])["eventName"] == name]


def watch(clients):
    """Have every object's reading logged."""
    clients("s3").create_bucket(Bucket="watch-logs")
    everything = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    cloudtrail = clients("cloudtrail")
    cloudtrail.create_trail(Name="watch", S3BucketName="watch-logs")
    cloudtrail.put_event_selectors(TrailName="watch", EventSelectors=[{"DataResources": [everything]}])
    cloudtrail.start_logging(Name="watch")


def test_an_operation_that_is_lacking_is_refused_in_the_services_own_words_and_logged(clients, sandbox):
    with pytest.raises(ClientError, match="NotImplemented") as refused:
        clients("rolesanywhere").list_profiles(pageSize=5)
    with pytest.raises(ClientError, match="NotImplemented"):
        clients("ec2").describe_volume_status()

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert records(sandbox, "ListProfiles")[-1]["errorCode"] == "NotImplemented"
    assert records(sandbox, "DescribeVolumeStatus")[-1]["errorCode"] == "Client.NotImplemented"


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("iam", "list_users", "InvalidClientTokenId"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("kms", "list_keys", "UnrecognizedClientException"),
    ],
)
def test_a_key_that_nobody_has_is_refused(clients, service, operation, code):
    with pytest.raises(ClientError, match=code):
        getattr(clients(service, key="AKIA0000000000000000"), operation)()


def test_accounts_are_kept_apart(clients):
    clients("iam", account="222222222222").create_user(UserName="second")

    assert "second" not in [one["UserName"] for one in clients("iam").list_users()["Users"]]


def test_a_user_who_may_not_is_refused_and_logged(clients, sandbox):
    clients("iam").create_user(UserName="nobody")
    made = clients("iam").create_access_key(UserName="nobody")["AccessKey"]

    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        clients("ec2", key=made["AccessKeyId"]).describe_hosts()

    record = records(sandbox, "DescribeHosts")[-1]
    assert record["errorCode"] == "Client.UnauthorizedOperation"
    assert record["userIdentity"]["userName"] == "nobody"


def test_the_source_address_is_the_one_that_is_forwarded(clients, sandbox):
    iam = clients("iam")
    iam.meta.events.register(
        "before-send", lambda request, **_: request.headers.__setitem__("X-Forwarded-For", "198.51.100.7")
    )
    iam.create_user(UserName="from-afar")

    by_name = {one["requestParameters"]["userName"]: one for one in records(sandbox, "CreateUser")}
    assert by_name["from-afar"]["sourceIPAddress"] == "198.51.100.7"


def test_waiting_for_a_message_holds_nobody_up(clients):
    sqs, iam = clients("sqs"), clients("iam")
    url = sqs.create_queue(QueueName="slow")["QueueUrl"]
    got = []
    waiting = threading.Thread(target=lambda: got.append(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)))
    waiting.start()
    started = time.monotonic()
    iam.list_users()
    took_s = time.monotonic() - started
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    waiting.join(10)

    assert took_s < 2
    assert got[0]["Messages"][0]["Body"] == "hello"


def test_a_queue_keeps_its_address_when_the_sandbox_starts_again_on_another_port(tmp_path):
    found = []
    for _ in range(2):
        with start(tmp_path, pace=Pace(3600, 3600, 3600)) as again:
            sqs = Clients(again)("sqs", "eu-west-1")
            if not found:
                sqs.create_queue(QueueName="jobs")
            found += sqs.list_queues()["QueueUrls"]
            sqs.send_message(QueueUrl=found[0], MessageBody="hello")

    assert found == ["https://sqs.eu-west-1.amazonaws.com/111111111111/jobs"] * 2


def test_many_clients_at_once_are_all_served(clients):
    failures = []

    def work(number):
        try:
            ec2 = clients("ec2", "us-west-2")
            for _ in range(5):
                ec2.create_security_group(GroupName=f"group-{number}-{_}", Description="d")
        except ClientError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(clients("ec2", "us-west-2").describe_security_groups()["SecurityGroups"]) == 41


def test_an_instance_gets_its_roles_credentials(clients, sandbox):
    iam, ec2 = clients("iam"), clients("ec2")
    trust = ALL.replace('"Resource":"*"', '"Principal":{"Service":"ec2.amazonaws.com"}').replace("*", "sts:AssumeRole")
    iam.create_role(RoleName="server", AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName="server", PolicyName="all", PolicyDocument=ALL)
    iam.create_instance_profile(InstanceProfileName="server")
    iam.add_role_to_instance_profile(InstanceProfileName="server", RoleName="server")
    launched = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, IamInstanceProfile={"Name": "server"})
    instance = launched["Instances"][0]["InstanceId"]

    given = sandbox.steer("instance-credentials", instance_id=instance)
    clients("s3", key=given["AccessKeyId"], secret=given["SecretAccessKey"], token=given["Token"]).list_buckets()

    identity = records(sandbox, "ListBuckets")[-1]["userIdentity"]
    assert identity["arn"] == f"arn:aws:sts::111111111111:assumed-role/server/{instance}"
    assert identity["sessionContext"]["ec2RoleDelivery"] == "2.0"
    assert records(sandbox, "AssumeRole")[-1]["userIdentity"] == {
        "type": "AWSService",
        "invokedBy": "ec2.amazonaws.com",
    }
    with pytest.raises(StoreError, match="no instance"):
        sandbox.steer("instance-credentials", instance_id="i-0")


def test_signing_in_to_the_console_is_logged_whether_it_succeeds_or_not(clients, sandbox):
    clients("iam").create_user(UserName="seated")
    clients("iam").create_login_profile(UserName="seated", Password="Right-1-word")

    for password in ("wrong", "Right-1-word"):
        sandbox.steer("console-login", account="111111111111", user_name="seated", password=password)

    failed, succeeded = records(sandbox, "ConsoleLogin")[-2:]
    assert failed["errorMessage"] == "Failed authentication"
    assert failed["responseElements"] == {"ConsoleLogin": "Failure"}
    assert succeeded["responseElements"] == {"ConsoleLogin": "Success"}
    assert succeeded["userIdentity"]["userName"] == "seated"


def test_a_federated_user_is_named_after_whoever_vouched(clients, sandbox):
    iam = clients("iam")
    iam.create_user(UserName="voucher")
    iam.put_user_policy(UserName="voucher", PolicyName="all", PolicyDocument=ALL)
    made = iam.create_access_key(UserName="voucher")["AccessKey"]
    sts = clients("sts", key=made["AccessKeyId"])
    given = sts.get_federation_token(Name="guest", Policy=ALL)["Credentials"]

    clients("ec2", key=given["AccessKeyId"], token=given["SessionToken"]).describe_vpcs()

    identity = records(sandbox, "DescribeVpcs")[-1]["userIdentity"]
    assert identity["type"] == "FederatedUser"
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == "voucher"


def test_a_stranger_reads_what_is_public_and_is_logged_as_one(clients, sandbox):
    s3 = clients("s3")
    s3.create_bucket(Bucket="open-house")
    s3.put_object(Bucket="open-house", Key="a", Body=b"x")
    watch(clients)
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open-house/*"}
    s3.delete_public_access_block(Bucket="open-house")
    s3.put_bucket_policy(Bucket="open-house", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    stranger = boto3.client(
        "s3", region_name="us-east-1", endpoint_url=sandbox.endpoint_url, config=Config(signature_version=UNSIGNED)
    )

    assert stranger.get_object(Bucket="open-house", Key="a")["Body"].read() == b"x"
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.list_objects_v2(Bucket="open-house")

    record = records(sandbox, "GetObject")[-1]
    assert record["userIdentity"] == {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    assert record["recipientAccountId"] == "111111111111"


def test_it_says_that_it_is_well(sandbox):
    with urllib.request.urlopen(f"{sandbox.endpoint_url}/_sandbox/health") as answer:
        assert json.load(answer)["status"] == "ok"


def test_another_address_than_the_loopback_is_no_sandbox():
    with pytest.raises(StoreError, match="is no sandbox"):
        steer("https://sts.amazonaws.com", "health")
