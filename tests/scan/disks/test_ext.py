import random

import pytest
from tests.scan.disks.made import contents, device, expected, ext, run, tree

from nephoscope.scan.disks.device import DiskError
from nephoscope.scan.disks.ext import Ext


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tree(tmp_path_factory.mktemp("ext") / "tree")


def read(image):
    """All that is in an image, and its file system, which is closed."""
    with device(image) as found:
        files = Ext(found)
        return contents(files), files


FORMS = {
    "ext4": {},
    "ext4 with small blocks": {"block": 1024},
    "ext4 with inline data": {"options": ["-O", "inline_data"]},
    "ext4 without 64 bits": {"options": ["-O", "^64bit,^metadata_csum"]},
    "ext3": {"kind": "ext3", "block": 1024},
    "ext2": {"kind": "ext2", "block": 1024},
}


@pytest.mark.parametrize("form", FORMS)
def test_all_files_are_read_as_they_were_written(folder, tmp_path, form):
    given = FORMS[form]
    others = {key: value for key, value in given.items() if key != "options"}
    found, files = read(ext(folder, tmp_path / "image", *given.get("options", ()), **others))
    assert found == expected(folder)
    assert files.notes == []
    assert files.root.mode == folder.stat().st_mode


def test_what_stands_in_the_journal_alone_is_read(folder, tmp_path):
    image = ext(folder, tmp_path / "image")
    block = run("debugfs", "-R", "blocks /etc/tiny", image).strip()
    (tmp_path / "new").write_bytes(b"fresh".ljust(4096, b"\0"))
    run("debugfs", "-w", image, text=f"jo -c\njw -b {block} {tmp_path / 'new'}\njc\n")
    found, files = read(image)
    assert found["/etc/tiny"].rstrip(b"\0") == b"fresh"
    assert files.notes == ["was not unmounted: 1 blocks are read as its journal says"]
    run("e2fsck", "-fy", image)
    assert read(image)[0] == found


def test_a_block_that_the_journal_revokes_is_not_taken_from_it(folder, tmp_path):
    image = ext(folder, tmp_path / "image")
    block = run("debugfs", "-R", "blocks /etc/tiny", image).strip()
    (tmp_path / "new").write_bytes(b"fresh".ljust(4096, b"\0"))
    run("debugfs", "-w", image, text=f"jo -c\njw -b {block} {tmp_path / 'new'}\njw -r {block}\njc\n")
    assert read(image)[0]["/etc/tiny"] == b"tiny\n"


def test_damage_anywhere_is_an_error_that_says_so_and_never_hangs(folder, tmp_path):
    image = ext(folder, tmp_path / "image", block=1024)
    whole = bytearray(image.read_bytes())
    chance = random.Random(4)
    used = [at for at in range(0, len(whole), 1024) if any(whole[at : at + 1024])][:400]
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[chance.choice(used) + chance.randrange(1024)] = chance.randrange(256)
        image.write_bytes(damaged)
        try:
            read(image)
            outcomes.add("read")
        except DiskError as error:
            outcomes.add(str(error)[:20])
    assert len(outcomes) > 2


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (1024 + 56, b"\0\0", "no ext file system"),
        (1024 + 24, b"\xff\0\0\0", "block size"),
        (1024 + 96, b"\x01\0\0\0", "features 0x1,"),
        (1024 + 40, b"\0\0\0\0", "impossible sizes"),
    ],
)
def test_a_superblock_that_is_wrong_says_what(folder, tmp_path, at, value, reason):
    image = ext(folder, tmp_path / "image")
    with image.open("r+b") as file:
        file.seek(at)
        file.write(value)
    with pytest.raises(DiskError, match=reason):
        read(image)
