import pytest
from tests.scan.disks.made import device

from nephoscope.scan.disks.device import BlockDevice, DiskError, Overlay, Slice

WHOLE = bytes(range(256)) * 16


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk"
    path.write_bytes(WHOLE)
    with device(path) as found:
        yield found


def test_bytes_are_read_where_they_are_asked_for(disk):
    assert disk.read(100, 50) == WHOLE[100:150]
    assert Slice(disk, 256, 512).read(10, 4) == WHOLE[266:270]


@pytest.mark.parametrize(("offset", "length"), [(-1, 4), (0, -1), (4090, 7), (1 << 60, 1)])
def test_what_lies_outside_is_refused(disk, offset, length):
    for one in (disk, Slice(disk, 0, 4096), BlockDevice(4096, 512, lambda _: None), Overlay(disk, 512, {0: b""})):
        with pytest.raises(DiskError, match="beyond the disk"):
            one.read(offset, length)


def test_blocks_are_fetched_once_while_they_are_kept_and_missing_ones_are_zeros():
    asked = []

    def fetch(number):
        asked.append(number)
        return None if number == 1 else bytes([number]) * 512

    blocks = BlockDevice(2048, 512, fetch, kept=2)
    assert blocks.read(500, 600) == bytes(12) + bytes(512) + b"\x02" * 76
    assert blocks.read(1030, 10) == b"\x02" * 10
    assert asked == [0, 1, 2]
    blocks.read(0, 1)
    assert (asked, blocks.fetched) == ([0, 1, 2, 0], 4)


def test_an_overlay_reads_its_own_blocks_and_the_disk_s_between(disk):
    over = Overlay(disk, 512, {1: b"n" * 512})
    assert over.read(510, 4) == WHOLE[510:512] + b"nn"
    assert over.read(1020, 8) == b"n" * 4 + WHOLE[1024:1028]
    assert over.read(0, 8) == WHOLE[:8]
