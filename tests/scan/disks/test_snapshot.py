import base64
import hashlib
import io

import pytest
from moto import mock_aws
from tests.scan.disks.made import contents, expected, ext, tree

from nephoscope.clouds.aws import Aws, AwsAccount
from nephoscope.clouds.permission import permission_of
from nephoscope.model.errors import AccessDenied
from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.ext import Ext
from nephoscope.scan.disks.snapshot import PERMISSIONS, Snapshot, snapshot_device

BLOCK = 512 << 10
PLACE = Snapshot("snap-1", "111122223333", "eu-west-1")


class Ebs:
    """The EBS direct API over an image, as documented: blocks that are all zeros are not there, pages are small."""

    def __init__(self, image, page=5):
        blocks = [image[at : at + BLOCK] for at in range(0, len(image), BLOCK)]
        self.blocks = {number: block for number, block in enumerate(blocks) if any(block)}
        self.page = page
        self.asked = []
        self.lie = self.denied = ""

    def call(self, service, operation, *, account, region, SnapshotId, **params):  # noqa: N803  AWS's own name
        assert (service, account, region, SnapshotId) == ("ebs", PLACE.account, PLACE.region, PLACE.id)
        self.asked.append(operation)
        if operation == self.denied:
            raise AccessDenied(f"ebs:{operation}", "AccessDeniedException", "not authorized")
        if operation == "ListSnapshotBlocks":
            return self._listed(int(params.get("NextToken", 0)))
        number = params["BlockIndex"]
        assert params["BlockToken"] == f"token-{number}"
        content = self.blocks[number]
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return {
            "BlockData": io.BytesIO(content + self.lie.encode()),
            "Checksum": checksum,
            "ChecksumAlgorithm": "SHA256",
        }

    def content(self, service, operation, field, most, **params):
        answer = self.call(service, operation, **params)
        return answer, answer[field].read(most)

    def _listed(self, start):
        numbers = sorted(self.blocks)[start : start + self.page]
        found = [{"BlockIndex": number, "BlockToken": f"token-{number}"} for number in numbers]
        more = {"NextToken": str(start + self.page)} if start + self.page < len(self.blocks) else {}
        return {"Blocks": found, "VolumeSize": 1, "BlockSize": BLOCK, **more}


@pytest.fixture
def image(tmp_path):
    folder = tree(tmp_path / "tree")
    return folder, ext(folder, tmp_path / "image").read_bytes()


def test_a_file_system_is_read_from_the_blocks_that_it_needs(image):
    folder, content = image
    ebs = Ebs(content)
    device = snapshot_device(ebs, PLACE)
    assert device.size == 1 << 30
    files = Ext(device)
    etc = dict(files.entries(files.node(dict(files.entries(files.root))[b"etc"])))
    assert files.read(files.node(etc[b"tiny"]), 0, 100) == b"tiny\n"
    assert device.fetched < len(ebs.blocks) / 2
    assert contents(files) == expected(folder)
    assert {permission_of("ebs", operation) for operation in ebs.asked} == set(PERMISSIONS)


def test_blocks_that_were_never_written_are_zeros_and_cost_nothing():
    ebs = Ebs(b"\0" * BLOCK + b"x" * BLOCK)
    device = snapshot_device(ebs, PLACE)
    assert device.read(BLOCK - 2, 4) == b"\0\0xx"
    assert device.read(900 << 20, 8) == bytes(8)
    assert ebs.asked.count("GetSnapshotBlock") == 1


def test_a_block_that_is_not_as_its_checksum_says_is_refused():
    ebs = Ebs(b"x" * BLOCK)
    ebs.blocks[0], ebs.lie = b"x" * (BLOCK - 1), "y"
    with pytest.raises(DiskError, match="block 0 of snap-1 is not as its checksum says"):
        snapshot_device(ebs, PLACE).read(0, 1)


@pytest.mark.parametrize("operation", ["ListSnapshotBlocks", "GetSnapshotBlock"])
def test_what_aws_refuses_is_told_with_the_permission(operation):
    ebs = Ebs(b"x" * BLOCK)
    ebs.denied = operation
    with pytest.raises(AccessDenied):
        snapshot_device(ebs, PLACE).read(0, 1)


def test_the_sdk_s_own_answers_are_understood(image):
    _, content = image
    with mock_aws():
        aws = Aws((AwsAccount(PLACE.account, access_key_id="AKIAEXAMPLE", secret_access_key="s"),), region=PLACE.region)
        where = {"account": PLACE.account, "region": PLACE.region}
        made = aws.call("ebs", "StartSnapshot", **where, VolumeSize=1)["SnapshotId"]
        for number in range(0, 32):
            block = content[number * BLOCK : (number + 1) * BLOCK]
            if any(block):
                checksum = base64.b64encode(hashlib.sha256(block).digest()).decode()
                put = {"BlockIndex": number, "BlockData": block, "DataLength": BLOCK, "Checksum": checksum}
                aws.call("ebs", "PutSnapshotBlock", **where, SnapshotId=made, **put, ChecksumAlgorithm="SHA256")
        files = Ext(snapshot_device(aws, Snapshot(made, PLACE.account, PLACE.region)))
        assert b"etc" in dict(files.entries(files.root))
