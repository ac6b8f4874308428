from tests.agent.packages.made import DEBIAN, STATUS, put

from nephoscope.agent.packages.package import Package
from nephoscope.scan.target import kind_of, targets


def test_a_folder_is_one_and_an_image_in_a_folder_is_not(tmp_path):
    put(tmp_path, {"a/etc/os-release": DEBIAN, "b/oci-layout": "{}"})
    assert kind_of(tmp_path / "a") == "folder"
    assert kind_of(tmp_path / "b") != "folder"
    assert kind_of(tmp_path / "a/etc/os-release") == ""


def test_its_packages_are_found(tmp_path):
    put(tmp_path, {"etc/os-release": DEBIAN, "var/lib/dpkg/status": STATUS})
    found = [each for each in targets()["folder"].look(tmp_path, "") if isinstance(each, Package)]
    assert [each.name for each in found] == [
        "libssl3",
        "bash",
    ]
