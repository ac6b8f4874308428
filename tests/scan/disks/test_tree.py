import pytest
from tests.scan.disks import made

from nephoscope.agent.tree import Absent, TreeError
from nephoscope.scan.disks.ext import Ext
from nephoscope.scan.disks.tree import DiskTree


@pytest.fixture
def tree(tmp_path):
    folder = made.tree(tmp_path / "root")
    (folder / "out").symlink_to("/../../etc/tiny")
    (folder / "loop").symlink_to("loop")
    with made.device(made.ext(folder, tmp_path / "disk.img")) as device:
        yield DiskTree(Ext(device)), folder


def test_files_are_what_they_are_on_the_disk(tree):
    disk, folder = tree
    assert disk.read("large", 4 << 20) == (folder / "large").read_bytes()
    assert disk.read("holes", 1 << 20) == (folder / "holes").read_bytes()
    assert disk.read("etc/link", 10) == disk.read("out", 10) == disk.read("many/../out", 10) == b"tiny\n"
    with disk.open("large") as file:
        file.seek(-3, 2)
        assert file.read() == (folder / "large").read_bytes()[-3:]


def test_folders_are_listed_with_kinds_and_modes(tree):
    disk, folder = tree
    assert {each.name: each.kind for each in disk.entries("etc")} == {
        "tiny": "file",
        "empty": "file",
        "link": "link",
        "long": "link",
    }
    assert len(disk.entries("many")) == 200
    assert disk.stat("etc/tiny").mode == (folder / "etc/tiny").stat().st_mode & 0o7777


def test_what_cannot_be_read_says_why(tree):
    disk, _ = tree
    for path, kind in (("etc/x", Absent), ("etc/tiny/x", Absent), ("loop", TreeError), ("etc", TreeError)):
        with pytest.raises(kind):
            disk.open(path)
