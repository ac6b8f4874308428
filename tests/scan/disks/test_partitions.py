import contextlib
import struct
import zlib

import pytest
from tests.scan.disks.made import device, run

from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.partitions import partitions


@pytest.fixture
def disk(tmp_path):
    """Partitions a disk by sfdisk's own language; gives its device."""

    def make(script, size=64 << 20):
        path = tmp_path / "disk"
        with path.open("wb") as file:
            file.truncate(size)
        run("sfdisk", "-q", path, text=script)
        return held.enter_context(device(path)), path

    with contextlib.ExitStack() as held:
        yield make


def places(disk):
    return [(one.number, one.name, one.device.start, one.device.size) for one in partitions(disk)]


def test_gpt_as_sfdisk_writes_it(disk):
    found, _ = disk("label: gpt\nstart=2048, size=4096, name=boot\nstart=8192, size=65536, name=root\n")
    assert places(found) == [(1, "boot", 1 << 20, 2 << 20), (2, "root", 4 << 20, 32 << 20)]
    assert partitions(found)[0].kind == "0fc63daf-8483-4772-8e79-3d69d8477de4"


def test_mbr_with_logical_partitions_as_sfdisk_writes_it(disk):
    found, _ = disk("label: dos\n2048,4096,L\n8192,,E\n10240,8192,L\n20480,8192,L\n")
    assert places(found) == [(1, "", 1 << 20, 2 << 20), (5, "", 5 << 20, 4 << 20), (6, "", 10 << 20, 4 << 20)]


def test_a_disk_without_a_table_is_one_partition(disk, tmp_path):
    path = tmp_path / "plain"
    path.write_bytes(bytes(1 << 20))
    with device(path) as plain:
        [one] = partitions(plain)
    assert (one.number, one.device.size) == (0, 1 << 20)


@pytest.mark.parametrize(("at", "reason"), [(512 + 30, "header does not fit"), (1024 + 40, "entries do not fit")])
def test_a_gpt_that_was_changed_is_refused(disk, at, reason):
    found, path = disk("label: gpt\nstart=2048, size=4096\n")
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xee")
    with pytest.raises(DiskError, match=reason):
        partitions(found)


def test_a_chain_of_logical_partitions_without_end_is_refused(disk):
    found, path = disk("label: dos\n2048,,E\n4096,8192,L\n")
    with path.open("r+b") as file:
        file.seek(2048 * 512 + 446 + 16)
        file.write(b"\0\0\0\0\x05\0\0\0" + struct.pack("<II", 1, 1))
        for sector in range(2049, 2049 + 70):
            file.seek(sector * 512 + 446)
            file.write(
                bytes(16) + b"\0\0\0\0\x05\0\0\0" + struct.pack("<II", sector - 2047, 1) + bytes(32) + b"\x55\xaa"
            )
    with pytest.raises(DiskError, match="more than 64 logical"):
        partitions(found)


def test_impossible_numbers_are_refused(disk):
    found, path = disk("label: gpt\nstart=2048, size=4096\n")
    with path.open("r+b") as file:
        file.seek(512)
        header = bytearray(file.read(92))
        header[80:84] = struct.pack("<I", 1 << 30)
        header[16:20] = bytes(4)
        header[16:20] = struct.pack("<I", zlib.crc32(header))
        file.seek(512)
        file.write(header)
    with pytest.raises(DiskError, match="impossible sizes"):
        partitions(found)
