from tests.agent.packages.made import DEBIAN, STATUS, put
from tests.scan.disks import made

from nephoscope.agent.packages.package import Package
from nephoscope.scan.target import kind_of, targets


def test_the_packages_of_a_disk_image_are_found_in_a_process_of_its_own(tmp_path):
    root = put(tmp_path / "root", {"etc/os-release": DEBIAN, "var/lib/dpkg/status": STATUS})
    image = made.ext(root, tmp_path / "disk.img")
    assert kind_of(image) == "disk"
    found = [each for each in targets()["disk"].look(image, "") if isinstance(each, Package)]
    assert [(each.ecosystem, each.name) for each in found] == [("Debian:12", "libssl3"), ("Debian:12", "bash")]


def test_what_begins_like_no_disk_is_none(tmp_path):
    (tmp_path / "x").write_bytes(b"text" * 4000)
    assert kind_of(tmp_path / "x") == ""
