import os
import random

import pytest
from tests.scan.disks.made import contents, device, expected, tree, xfs

from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.xfs import Xfs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tree(tmp_path_factory.mktemp("xfs") / "tree")


def read(image):
    """All that is in an image, and its file system, which is closed."""
    with device(image) as found:
        files = Xfs(found)
        return contents(files), files


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-m", "crc=0", "-n", "ftype=0"),
        ("-b", "size=1024", "-n", "size=4096"),
        ("-m", "bigtime=0", "-i", "size=1024"),
    ],
    ids=["version 5", "version 4", "small blocks", "large inodes"],
)
def test_all_files_are_read_as_they_were_written(folder, tmp_path, options):
    found, files = read(xfs(folder, tmp_path / "image", *options))
    assert found == expected(folder)
    assert "log of an XFS is not replayed" in files.notes[0]
    assert abs(files.root.mtime - tmp_path.stat().st_mtime) < 3_600


def test_damage_anywhere_is_an_error_that_says_so_and_never_hangs(folder, tmp_path):
    image = xfs(folder, tmp_path / "image")
    with device(image) as disk:
        used = [at for at in range(0, disk.size, 4096) if disk.read(at, 2) in (b"IN", b"XD", b"XF", b"BM")]
    chance, outcomes = random.Random(4), set()
    with image.open("r+b") as file:
        for _ in range(100):
            places = [chance.choice(used) + chance.randrange(4096) for _ in range(20)]
            before = [os.pread(file.fileno(), 1, place) for place in places]
            for place in places:
                os.pwrite(file.fileno(), bytes([chance.randrange(256)]), place)
            try:
                read(image)
                outcomes.add("read")
            except DiskError as error:
                outcomes.add(str(error)[:20])
            for place, byte in reversed(list(zip(places, before, strict=True))):
                os.pwrite(file.fileno(), byte, place)
    assert len(outcomes) > 2


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (0, b"YFSB", "no XFS"),
        (216, b"\xff\xff\xff\xff", "not supported"),
        (4, b"\0\0\x07\0", "impossible sizes"),
        (8, b"\0\0\xff\0\0\0\0\0", "says that it has"),
    ],
)
def test_a_superblock_that_is_wrong_says_what(folder, tmp_path, at, value, reason):
    image = xfs(folder, tmp_path / "image")
    with image.open("r+b") as file:
        file.seek(at)
        file.write(value)
    with pytest.raises(DiskError, match=reason):
        read(image)
