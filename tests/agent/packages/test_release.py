import json

import pytest
from tests.agent.packages.made import put
from tests.shared_data import shared, unpack

from nephoscope.agent.packages.release import fields_of, of_fields, release_of
from nephoscope.agent.tree import Folder
from nephoscope.scan.ecosystem import place

EXPECTED = {
    "almalinux": "AlmaLinux:8",
    "alpine": "Alpine:v3.14",
    "debian": "Debian:12",
    "photon": "Photon OS:2.0",
    "rhel": "Red Hat:enterprise_linux:7",
    "rocky": "Rocky Linux:8",
    "ubuntu": "Ubuntu:22.10",
    "wolfi": "Wolfi",
    "opensuse-leap": "openSUSE:Leap 15.2",
    "sles": "SUSE:Linux Enterprise Server 15 SP2",
}


def test_real_os_release_files_name_ecosystems_that_are_known(tmp_path):
    data = shared("package_db_fixtures")
    unpack(data / "files.tar.gz", tmp_path)
    answers = json.loads((data / "answers.json").read_text())
    seen = {}
    for path, answer in answers.items():
        if answer["kind"] != "os-release":
            continue
        fields = fields_of((tmp_path / path).read_text())
        assert {key: fields.get(key) for key in ("ID", "VERSION_ID")} == {
            key: answer[key] for key in ("ID", "VERSION_ID")
        }
        found = of_fields(fields)
        if found is not None:
            seen.setdefault(answer["ID"], set()).add(found.ecosystem)
    for name, ecosystem in EXPECTED.items():
        assert ecosystem in seen[name]
        assert place(ecosystem).ecosystem is not None
    assert "Alpine:edge" in seen["alpine"]


@pytest.mark.parametrize(
    ("files", "ecosystem"),
    [
        ({"etc/os-release": "ID='debian'\nVERSION_ID=\"11\"\n"}, "Debian:11"),
        ({"usr/lib/os-release": "ID=alpine\nVERSION_ID=3.19.1\n"}, "Alpine:v3.19"),
        ({"etc/os-release": "ID=debian\n", "etc/debian_version": "trixie/sid\n"}, "Debian"),
        ({"etc/os-release": "ID=debian\n", "etc/debian_version": "13.1\n"}, "Debian:13"),
        ({"etc/debian_version": "9.3\n"}, "Debian:9"),
        ({"etc/redhat-release": "Rocky Linux release 8.4 (Green Obsidian)\n"}, "Rocky Linux:8"),
        (
            {"etc/os-release": 'ID="openEuler"\nVERSION_ID="22.03"\nVERSION="22.03 (LTS-SP3)"\n'},
            "openEuler:22.03-LTS-SP3",
        ),
        ({"etc/os-release": 'ID="amzn"\nVERSION_ID="2"\nNAME="Amazon Linux"\n'}, "Amazon Linux:2"),
    ],
)
def test_a_tree_says_its_release(tmp_path, files, ecosystem):
    with Folder(str(put(tmp_path, files))) as tree:
        assert release_of(tree).ecosystem == ecosystem


def test_a_tree_that_names_no_distribution_has_none(tmp_path):
    with Folder(str(put(tmp_path, {"etc/os-release": "NAME=x\n==\n"}))) as tree:
        assert release_of(tree) is None
