"""A sandbox that was killed comes back as it was."""

import gzip
import json
import os
import signal
import subprocess
from datetime import UTC, datetime

import pytest

from nephoscope.model.errors import StoreError
from nephoscope.sandbox.control import spawn, stop, wait_ready
from nephoscope.sandbox.journal import Kept, Log, found, own
from nephoscope.sandbox.pace import Pace
from tests.sandbox.conftest import ACCOUNT, Clients

STILL = Pace(3600, 3600, 3600)
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    """A folder in which sandboxes are started and killed; what still runs is stopped."""
    running = []

    def begin():
        process = spawn(tmp_path, 0, STILL)
        running.append(process)
        return process, Clients(wait_ready(process, tmp_path))

    yield begin
    for process in running:
        stop(process)


def kill(process):
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def seen(clients):
    """What a client sees of the account."""
    s3, iam, ec2 = clients("s3"), clients("iam"), clients("ec2", "eu-west-1")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="logs").get("Contents", [])]
    answers = {
        "users": iam.list_users()["Users"],
        "keys": iam.list_access_keys(UserName="jo")["AccessKeyMetadata"],
        "roles": iam.list_roles()["Roles"],
        "vpcs": ec2.describe_vpcs()["Vpcs"],
        "instances": ec2.describe_instances()["Reservations"],
        "trails": clients("cloudtrail").describe_trails()["trailList"],
    }
    objects = {key: s3.get_object(Bucket="logs", Key=key)["Body"].read() for key in keys}
    return {name: json.dumps(answer, default=str) for name, answer in answers.items()}, objects


def fill(clients):
    """A trail, a user with a key, a role's session, an instance, a sealed secret."""
    clients("s3").create_bucket(Bucket="logs")
    cloudtrail = clients("cloudtrail")
    cloudtrail.create_trail(Name="main", S3BucketName="logs", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    cloudtrail.start_logging(Name="main")
    iam = clients("iam")
    iam.create_user(UserName="jo")
    iam.create_access_key(UserName="jo")
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.create_user(UserName="al")
    everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    iam.put_user_policy(UserName="al", PolicyName="all", PolicyDocument=everything)
    made = iam.create_access_key(UserName="al")["AccessKey"]
    session = clients("sts", key=made["AccessKeyId"]).assume_role(RoleArn=role, RoleSessionName="shift")["Credentials"]
    clients("ec2", "eu-west-1").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1)
    clients.sandbox.steer("digest")
    kms = clients("kms")
    sealed = kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"secret")["CiphertextBlob"]
    return session, sealed


def test_ids_keys_logs_and_sessions_outlive_a_kill(folder):
    process, clients = folder()
    session, sealed = fill(clients)
    before, objects = seen(clients)
    kill(process)

    _, clients = folder()

    after, later = seen(clients)
    assert after == before
    assert {key: later[key] for key in objects} == objects  # it delivers what was due while it stood still, too
    assert clients("kms").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"secret"
    as_worker = clients("sts", key=session["AccessKeyId"], token=session["SessionToken"])
    assert as_worker.get_caller_identity()["Arn"].endswith(":assumed-role/worker/shift")


def test_records_that_were_not_yet_delivered_are_delivered_once_after_a_kill(folder):
    process, clients = folder()
    fill(clients)
    for number in range(5):
        clients("iam").create_group(GroupName=f"group-{number}")
    kill(process)

    _, clients = folder()
    clients.sandbox.steer("deliver")

    s3 = clients("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="logs")["Contents"] if "/CloudTrail/" in one["Key"]]
    files = [json.loads(gzip.decompress(s3.get_object(Bucket="logs", Key=key)["Body"].read())) for key in keys]
    records = [record for file in files for record in file["Records"]]
    groups = [one["requestParameters"]["groupName"] for one in records if one["eventName"] == "CreateGroup"]
    assert sorted(groups) == [f"group-{number}" for number in range(5)]
    assert len({one["eventID"] for one in records}) == len(records)


def test_a_folder_is_used_by_one_sandbox_only(tmp_path):
    lock = own(tmp_path)
    with pytest.raises(StoreError, match="another sandbox is using this folder"):
        own(tmp_path)
    os.close(lock)
    os.close(own(tmp_path))


def test_a_line_that_a_crash_cut_short_is_cut_off(tmp_path):
    log = Log(tmp_path / "records.jsonl")
    log.append({"number": 1, "account": ACCOUNT, "region": "us-east-1", "record": {}, "trails": ["arn"]})
    log.close()
    with log.path.open("ab") as file:
        file.write(b'{"number": 2, "acc')

    again = Log(log.path)

    assert [kept.number for kept in again.lines(Kept)] == [1]
    again.append({"number": 2, "account": ACCOUNT, "region": "us-east-1", "record": {}})
    assert [kept.number for kept in again.lines(Kept)] == [1, 2]
    again.close()


def test_a_damaged_line_is_named_with_its_place(tmp_path):
    (tmp_path / "records.jsonl").write_bytes(b'{"number": "x"}\n')
    log = Log(tmp_path / "records.jsonl")
    with pytest.raises(StoreError, match=r"records\.jsonl:1: "):
        list(log.lines(Kept))
    log.close()


def test_a_folder_keeps_its_founding(tmp_path):
    first = found(tmp_path, NOW)
    assert found(tmp_path, datetime(2027, 1, 1, tzinfo=UTC)) == first
    assert first.founded_at == NOW


def test_a_sandbox_dies_with_whoever_started_it(tmp_path):
    import sys
    import time

    script = (
        "import os, sys; from pathlib import Path; from nephoscope.sandbox.control import spawn, wait_ready;"
        "from nephoscope.sandbox.pace import Pace; folder = Path(sys.argv[1]);"
        "process = spawn(folder, 0, Pace()); wait_ready(process, folder); print(process.pid, flush=True); os._exit(0)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    for _ in range(100):
        lock_is_free = True
        try:
            os.close(own(tmp_path))
            break
        except StoreError:
            lock_is_free = False
            time.sleep(0.1)
    assert lock_is_free, done.stdout
