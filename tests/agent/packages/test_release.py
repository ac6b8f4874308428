import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.agent.packages.made import put
from tests.shared_data import shared, unpack

from nephoscope import agent
from nephoscope.agent.packages.package import purl_of
from nephoscope.agent.packages.release import _KNOWN, fields_of, of_fields, release_of
from nephoscope.agent.tree import Folder
from nephoscope.scan.ecosystem import place
from nephoscope.scan.purl import package_of

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


@pytest.mark.parametrize("name", sorted(set(_KNOWN) - {"sles", "opensuse-leap", "opensuse-tumbleweed"}))
def test_a_release_reads_back_from_a_package_url(name):
    found = of_fields({"ID": name, "VERSION_ID": "22.03", "VERSION": "22.03 (LTS-SP3)"})
    kind = "deb" if name in ("debian", "ubuntu") else "rpm"
    read_back = package_of(purl_of(kind, found.namespace, "x", "1", {"distro": found.distro}))
    assert place(read_back.ecosystem) == place(found.ecosystem)
    assert place(found.ecosystem).ecosystem is not None


def test_a_python_of_3_8_reads_a_tree(tmp_path):
    python = shutil.which("python3.8")
    if python is None or subprocess.run([python, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("Python 3.8 is not installed here")
    put(
        tmp_path,
        {"etc/os-release": "ID=debian\nVERSION_ID=12\n", "var/lib/dpkg/status.d/x": "Package: x\nVersion: 1\n"},
    )
    (tmp_path / "code/nephoscope").mkdir(parents=True)
    shutil.copytree(Path(agent.__file__).parent, tmp_path / "code/nephoscope/agent")
    program = (
        "from nephoscope.agent.packages.finding import packages_of; from nephoscope.agent.tree import Folder;"
        "print([each.name for each in packages_of(Folder('.'))])"
    )
    environment = {"PYTHONPATH": str(tmp_path / "code")}
    told = subprocess.run(
        [python, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout == "['x']\n"
