import os
import random
import shutil
import subprocess

import pytest
from tests.agent.packages.made import DEBIAN, STATUS, put
from tests.scan.disks import lvm_made as lvm
from tests.scan.disks.made import contents, device, expected, ext, tree

from nephoscope.agent.packages.package import Package
from nephoscope.scan.disks.device import DiskError, FileDevice
from nephoscope.scan.disks.looking import look
from nephoscope.scan.disks.lvm import crc, logical, physical
from nephoscope.scan.disks.volumes import volumes

ONE, TWO = lvm.uuid(1), lvm.uuid(2)


def read(path):
    with device(path) as opened:
        return {
            each.name: each.device and each.device.read(0, each.device.size) or each.cause
            for each in logical([physical(opened)])
        }


@pytest.mark.parametrize("at", [lvm.SECTOR, lvm.AREA_BYTES - 200])
def test_a_linear_volume_is_read_from_its_segments_in_order_also_where_the_metadata_go_round(tmp_path, at):
    parts = {0: os.urandom(2 * lvm.EXTENT), 5: os.urandom(lvm.EXTENT)}
    root = lvm.volume("root", 7, (1, "striped", 0, [("pv0", 5)]), (2, "striped", 0, [("pv0", 0)]))
    text = lvm.group([root], {"pv0": (ONE, 16)})
    assert read(lvm.write(tmp_path / "pv", ONE, text, parts, at)) == {"vg0/root": parts[5] + parts[0]}


def test_stripes_take_turns(tmp_path):
    first, second = os.urandom(lvm.EXTENT), os.urandom(lvm.EXTENT)
    root = lvm.volume("root", 7, (2, "striped", 128, [("pv0", 0), ("pv0", 3)]))
    path = lvm.write(tmp_path / "pv", ONE, lvm.group([root], {"pv0": (ONE, 16)}), {0: first, 3: second})
    turn = 128 * 512
    whole = b"".join(each[at : at + turn] for at in range(0, lvm.EXTENT, turn) for each in (first, second))
    assert read(path) == {"vg0/root": whole}
    with device(path) as opened:
        [found] = logical([physical(opened)])
        assert found.device.read(turn - 3, turn + 6) == whole[turn - 3 : 2 * turn + 3]


@pytest.mark.parametrize(
    ("segment", "cause"),
    [
        ((1, "thin", 0, [("pv0", 0)]), "is a logical volume of type thin: not supported"),
        ((1, "striped", 0, [("pv1", 0)]), "is a logical volume that lies on other disks too: not supported"),
        ((3, "striped", 128, [("pv0", 0), ("pv0", 3)]), "is a logical volume whose stripes do not fit its segments"),
        ((2, "striped", 0, [("pv0", 0), ("pv0", 3)]), "is a logical volume whose stripes have no size"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, segment, cause):
    text = lvm.group([lvm.volume("root", 7, segment)], {"pv0": (ONE, 16), "pv1": (TWO, 16)})
    assert read(lvm.write(tmp_path / "pv", ONE, text, {})) == {"vg0/root": cause}


def test_hidden_volumes_are_parts_of_others_and_not_told(tmp_path):
    hidden = lvm.volume("pool_tdata", 7, (1, "striped", 0, [("pv0", 0)]), status='["READ", "WRITE"]')
    assert read(lvm.write(tmp_path / "pv", ONE, lvm.group([hidden], {"pv0": (ONE, 16)}), {})) == {}


def test_the_packages_of_a_logical_volume_are_found_and_its_name_is_in_their_location(tmp_path):
    root = put(tmp_path / "root", {"etc/os-release": DEBIAN, "var/lib/dpkg/status": STATUS})
    image = ext(root, tmp_path / "image").read_bytes()
    lines = [
        lvm.volume("root", 7, (8, "striped", 0, [("pv0", 2)])),
        lvm.volume("swap", 8, (1, "thin", 0, [("pv0", 0)])),
    ]
    path = lvm.write(tmp_path / "pv", ONE, lvm.group(lines, {"pv0": (ONE, 16)}), {2: image})
    with device(path) as opened:
        found = list(look(opened))
    packages = [each for each in found if isinstance(each, Package)]
    assert [(each.name, each.location) for each in packages][0] == ("libssl3", "0/vg0/root:var/lib/dpkg/status")
    assert any(each.location == "0/vg0/swap:" and "thin" in each.cause for each in found if each not in packages)


def test_a_group_on_two_disks_is_told_of_the_one_without_metadata(tmp_path):
    path = lvm.write(tmp_path / "pv", TWO, "", {})
    content = bytearray(path.read_bytes()[: lvm.DATA])
    content[lvm.AREA + 40 : lvm.AREA + 64] = bytes(24)
    content[lvm.AREA : lvm.AREA + 4] = crc(bytes(content[lvm.AREA + 4 : lvm.AREA + 512])).to_bytes(4, "little")
    with path.open("r+b") as file:
        file.write(content)
    with device(path) as opened:
        [found] = volumes(opened)
    assert found.cause == "belongs to a group whose metadata are on other disks: not supported"


def test_files_of_a_file_system_on_a_logical_volume_are_as_they_were(tmp_path):
    folder = tree(tmp_path / "tree")
    image = ext(folder, tmp_path / "image").read_bytes()
    cut = 3 * lvm.EXTENT
    parts = {9: image[:cut], 0: image[cut:]}
    root = lvm.volume("root", 7, (3, "striped", 0, [("pv0", 9)]), (5, "striped", 0, [("pv0", 0)]))
    with device(lvm.write(tmp_path / "pv", ONE, lvm.group([root], {"pv0": (ONE, 16)}), parts)) as opened:
        [found] = volumes(opened)
        assert contents(found.files) == expected(folder)


@pytest.mark.parametrize("at", [600, 530, lvm.AREA + 100, lvm.AREA + 30, lvm.AREA + 700])
def test_a_changed_bit_is_noticed_by_a_checksum(tmp_path, at):
    text = lvm.group([lvm.volume("root", 7, (1, "striped", 0, [("pv0", 0)]))], {"pv0": (ONE, 16)})
    path = lvm.write(tmp_path / "pv", ONE, text, {})
    with path.open("r+b") as file:
        file.seek(at)
        old = file.read(1)[0]
        file.seek(at)
        file.write(bytes([old ^ 1]))
    with device(path) as opened:
        causes = [each.cause for each in volumes(opened)]
    assert any("checksum" in cause for cause in causes), causes


def test_random_damage_is_a_named_error_or_harmless_and_ends(tmp_path):
    text = lvm.group([lvm.volume("root", 7, (2, "striped", 128, [("pv0", 0), ("pv0", 3)]))], {"pv0": (ONE, 16)})
    chance = random.Random(4)
    for number in range(200):
        broken = bytearray(text.encode())
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path = lvm.write(tmp_path / "pv", ONE, broken.decode("latin-1"), {})
        with device(path) as opened:
            for each in volumes(opened):
                assert each.files is None, number
                assert isinstance(each.cause, str)


def test_what_is_no_physical_volume_is_none_of_ours(tmp_path):
    (tmp_path / "x").write_bytes(os.urandom(1 << 16))
    with (tmp_path / "x").open("rb") as file:
        assert physical(FileDevice(file.fileno())) is None


def test_lvm_s_own_tool_reads_what_these_tests_write(tmp_path):
    tool = shutil.which("pvck", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if tool is None:
        pytest.skip("lvm2 is not installed")
    text = lvm.group([lvm.volume("root", 7, (1, "striped", 0, [("pv0", 0)]))], {"pv0": (ONE, 16)})
    path = lvm.write(tmp_path / "pv", ONE, text, {})
    done = subprocess.run([tool, "--dump", "metadata", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "crc" not in done.stderr.lower()
    assert "segment_count = 1" in done.stdout


def test_a_segment_that_leads_beyond_the_disk_is_an_error_when_it_is_read(tmp_path):
    text = lvm.group([lvm.volume("root", 7, (1, "striped", 0, [("pv0", 1_000_000)]))], {"pv0": (ONE, 16)})
    with device(lvm.write(tmp_path / "pv", ONE, text, {})) as opened:
        [found] = logical([physical(opened)])
        with pytest.raises(DiskError, match="beyond"):
            found.device.read(0, 1)
