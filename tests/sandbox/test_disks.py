import base64
import hashlib
import json
import os
import time

import pytest
from botocore.exceptions import ClientError

from nephoscope.model.errors import StoreError
from nephoscope.sandbox.disks import BLOCK
from nephoscope.sandbox.hosts import PENDING_S
from tests.sandbox.conftest import ACCOUNT

ZONE = "us-east-1a"


@pytest.fixture(scope="module")
def taken(clients, sandbox, tmp_path_factory):
    """A volume, what it holds, and a snapshot of it that is complete."""
    ec2 = clients("ec2")
    volume = ec2.create_volume(Size=1, AvailabilityZone=ZONE)["VolumeId"]
    content = bytearray(os.urandom(3 * BLOCK))
    content[BLOCK : 2 * BLOCK] = bytes(BLOCK)
    path = tmp_path_factory.mktemp("disks") / "disk.img"
    path.write_bytes(content)
    sandbox.steer("disk", id=volume, file=str(path))
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    with pytest.raises(ClientError, match="not complete"):
        clients("ebs").list_snapshot_blocks(SnapshotId=snapshot)
    time.sleep(PENDING_S)
    return volume, bytes(content), snapshot


def test_blocks_that_hold_nothing_are_not_listed_and_the_others_bear_their_checksum(clients, taken):
    ebs, (_, content, snapshot) = clients("ebs"), taken
    listed = ebs.list_snapshot_blocks(SnapshotId=snapshot)
    assert [each["BlockIndex"] for each in listed["Blocks"]] == [0, 2]
    assert (listed["VolumeSize"], listed["BlockSize"]) == (1, BLOCK)
    asked = {"SnapshotId": snapshot, "BlockIndex": 2, "BlockToken": listed["Blocks"][1]["BlockToken"]}
    answer = ebs.get_snapshot_block(**asked)
    block = answer["BlockData"].read()
    assert block == content[2 * BLOCK :]
    assert answer["Checksum"] == base64.b64encode(hashlib.sha256(block).digest()).decode()
    assert (answer["ChecksumAlgorithm"], answer["DataLength"]) == ("SHA256", BLOCK)


@pytest.mark.parametrize("change", [{"BlockIndex": 0}, {"BlockToken": "bm9uZQ=="}, {"BlockToken": "no base64"}])
def test_a_token_opens_its_own_block_only(clients, taken, change):
    ebs, (_, _, snapshot) = clients("ebs"), taken
    token = ebs.list_snapshot_blocks(SnapshotId=snapshot)["Blocks"][1]["BlockToken"]
    with pytest.raises(ClientError, match="ValidationException"):
        ebs.get_snapshot_block(**{"SnapshotId": snapshot, "BlockIndex": 2, "BlockToken": token} | change)


def test_a_snapshot_keeps_what_was_there_and_the_next_says_what_changed(clients, sandbox, taken, tmp_path):
    volume, content, first = taken
    (tmp_path / "new.img").write_bytes(content[: 2 * BLOCK] + b"x" * BLOCK)
    sandbox.steer("disk", id=volume, file=str(tmp_path / "new.img"))
    second = clients("ec2").create_snapshot(VolumeId=volume)["SnapshotId"]
    time.sleep(PENDING_S)
    ebs = clients("ebs")
    changed = ebs.list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second)["ChangedBlocks"]
    assert [each["BlockIndex"] for each in changed] == [2]
    before = ebs.get_snapshot_block(SnapshotId=first, BlockIndex=2, BlockToken=changed[0]["FirstBlockToken"])
    assert before["BlockData"].read() == content[2 * BLOCK :]


def test_another_account_s_snapshot_is_not_there(clients, taken):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        clients("ebs", account="222222222222").list_snapshot_blocks(SnapshotId=taken[2])


def test_under_a_customer_s_key_a_role_needs_a_grant(clients, sandbox, tmp_path):
    ec2, iam, kms = clients("ec2"), clients("iam"), clients("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    (tmp_path / "disk.img").write_bytes(b"x" * BLOCK)
    volume = ec2.create_volume(Size=1, AvailabilityZone=ZONE, Encrypted=True, KmsKeyId=key)["VolumeId"]
    sandbox.steer("disk", id=volume, file=str(tmp_path / "disk.img"))
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="reads", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "ebs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="reads", PolicyName="p", PolicyDocument=policy)
    issued = clients("sts").assume_role(RoleArn=role, RoleSessionName="scan")["Credentials"]
    keys = {"key": issued["AccessKeyId"], "secret": issued["SecretAccessKey"], "token": issued["SessionToken"]}
    ebs = clients("ebs", **keys)
    time.sleep(PENDING_S)
    with pytest.raises(ClientError, match="kms:Decrypt"):
        ebs.list_snapshot_blocks(SnapshotId=snapshot)
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt"])
    assert len(ebs.list_snapshot_blocks(SnapshotId=snapshot)["Blocks"]) == 1


@pytest.mark.parametrize(("id_", "path"), [("i-0123456789", "/etc/hostname"), ("vol-0123456789", "relative.img")])
def test_what_cannot_be_a_disk_is_refused(sandbox, id_, path):
    with pytest.raises(StoreError, match="is no"):
        sandbox.steer("disk", id=id_, file=path)
