import json

from tests.agent.packages.made import DEBIAN, STATUS, found_in, put
from tests.shared_data import shared, unpack

from nephoscope.scan.purl import package_of


def test_real_databases_hold_what_dpkg_query_says(tmp_path):
    data = shared("package_db_fixtures")
    unpack(data / "files.tar.gz", tmp_path)
    compared = 0
    for number, (path, answer) in enumerate(json.loads((data / "answers.json").read_text()).items()):
        if answer["kind"] != "dpkg":
            continue
        content = (tmp_path / path).read_bytes()
        packages, problems = found_in(
            put(tmp_path / str(number), {"var/lib/dpkg/" + ("status.d/x" if "status.d" in path else "status"): content})
        )
        found = sorted((each.name, each.version, each.source or each.name) for each in packages)
        expected = sorted((row[0], row[1], row[4]) for row in answer["packages"] if row[3][1] not in "nc")
        if not answer["rc"]:
            assert found == expected, path
            compared += len(found)
        elif "vcpkg" not in path:  # where dpkg-query gives up, we say so, and read the rest
            assert [each for each in problems if each.location != "etc/os-release"], path
    assert compared > 15


def test_packages_bear_source_release_and_purl(tmp_path):
    packages, problems = found_in(put(tmp_path, {"etc/os-release": DEBIAN, "var/lib/dpkg/status": STATUS}))
    first, second = packages
    assert (first.ecosystem, first.name, first.version) == ("Debian:12", "libssl3", "3.0.11-1~deb12u2")
    assert (first.source, first.source_version, first.arch) == ("openssl", "3.0.11-1~deb12u1", "amd64")
    assert first.location == "var/lib/dpkg/status"
    read_back = package_of(first.purl)
    for name in ("ecosystem", "name", "version", "source", "source_version", "arch"):
        assert getattr(read_back, name) == getattr(first, name)
    assert (second.name, second.version, package_of(second.purl).version) == ("bash", "1:5.2-1", "1:5.2-1")
    assert [tuple(each) for each in problems] == [("var/lib/dpkg/status:13", "the package broken has no version")]


def test_images_without_dpkg_keep_a_file_for_each_package(tmp_path):
    files = {
        "etc/os-release": DEBIAN,
        "var/lib/dpkg/status.d/base": "Package: base-files\nVersion: 12.4\n",
        "var/lib/dpkg/status.d/base.md5sums": "d41d8cd98f00b204e9800998ecf8427e  etc/x\n",
        "var/lib/dpkg/status.d/odd": "no field\nPackage: odd\nVersion: 1\n",
    }
    packages, problems = found_in(put(tmp_path, files))
    assert [(each.name, each.location) for each in packages] == [
        ("base-files", "var/lib/dpkg/status.d/base"),
        ("odd", "var/lib/dpkg/status.d/odd"),
    ]
    assert [each.cause for each in problems] == ["line 1 is no field"]
