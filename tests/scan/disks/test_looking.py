from tests.agent.packages.made import DEBIAN, STATUS, put
from tests.scan.disks import made

from nephoscope.agent.packages.package import Package, Problem
from nephoscope.scan.disks.looking import look


def test_the_packages_of_a_disk_are_found_with_the_partition_they_are_on(tmp_path):
    root = put(tmp_path / "root", {"etc/os-release": DEBIAN, "var/lib/dpkg/status": STATUS})
    with made.device(made.ext(root, tmp_path / "disk.img")) as device:
        found = list(look(device))
    packages = [each for each in found if isinstance(each, Package)]
    assert [(each.ecosystem, each.name) for each in packages] == [("Debian:12", "libssl3"), ("Debian:12", "bash")]
    assert packages[0].location.endswith(":var/lib/dpkg/status")


def test_what_is_no_disk_is_a_problem(tmp_path):
    (tmp_path / "x").write_bytes(bytes(510) + b"\x55\xaa" + bytes(1 << 20))
    with made.device(tmp_path / "x") as device:
        assert all(isinstance(each, Problem) for each in look(device))
