import os
import socket

import pytest
from tests.agent.packages.made import DEBIAN, STATUS, put
from tests.scan.disks import made

from nephoscope.agent.packages.package import Package
from nephoscope.model.errors import AccessDenied
from nephoscope.scan.disks.confined import look_at
from nephoscope.scan.disks.device import BlockDevice, DiskError, FileDevice
from nephoscope.scan.disks.served import BLOCK, asking, serving


def block_device(path):
    """A file whose blocks are fetched one by one."""
    content = path.read_bytes()
    return BlockDevice(len(content), BLOCK, lambda number: content[number * BLOCK : (number + 1) * BLOCK])


def test_bytes_come_through_as_they_are(tmp_path):
    content = os.urandom(3 * BLOCK + 77)
    (tmp_path / "x").write_bytes(content)
    with (tmp_path / "x").open("rb") as file, serving(FileDevice(file.fileno())) as served:
        device = asking(served.theirs.fileno(), len(content))
        assert device.read(BLOCK - 5, 10) == content[BLOCK - 5 : BLOCK + 5]
        assert device.read(3 * BLOCK, 77) == content[-77:]


def test_a_disk_is_looked_at_in_another_process_that_fetches_only_what_it_needs(tmp_path):
    root = put(
        tmp_path / "root", {"etc/os-release": DEBIAN, "var/lib/dpkg/status": STATUS, "large": os.urandom(8 << 20)}
    )
    device = block_device(made.ext(root, tmp_path / "disk.img"))
    found = list(look_at(device))
    assert [each.name for each in found if isinstance(each, Package)] == ["libssl3", "bash"]
    assert 0 < device.fetched < 16


def test_what_ends_the_fetching_is_raised_to_whoever_looks(tmp_path):
    def denied(number):
        raise AccessDenied("ebs:GetSnapshotBlock", "AccessDeniedException", "not authorized")

    with pytest.raises(AccessDenied):
        list(look_at(BlockDevice(1 << 30, BLOCK, denied)))


def test_a_reader_that_asks_for_what_is_not_there_gets_nothing(tmp_path):
    (tmp_path / "x").write_bytes(bytes(BLOCK))
    with (tmp_path / "x").open("rb") as file, serving(FileDevice(file.fileno())) as served:
        served.theirs.sendall(b"\xff" * 8)
        assert served.theirs.recv(1) == b""
    assert isinstance(served.error, DiskError)


def test_a_side_that_is_gone_is_an_error_that_says_which_block():
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs, pytest.raises(DiskError, match="block 0 could not be had"):
        asking(theirs.fileno(), BLOCK).read(0, 1)
