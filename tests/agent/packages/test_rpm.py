import random
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.agent.packages.made import found_in, put
from tests.agent.packages.rpm_made import berkeley_file, header, ndb_file, sqlite_file
from tests.shared_data import shared, unpack

from nephoscope.scan.purl import package_of

ROCKY = 'ID="rocky"\nVERSION_ID="9.3"\n'
PERL = header(name="perl-B", version="1.80", release="481.el9", arch="x86_64", source_rpm="perl-5.32.1-481.el9.src.rpm")
NODE = header(
    name="nodejs",
    epoch=1,
    version="18.1",
    release="1.el9",
    arch="noarch",
    source_rpm="nodejs-18.1-1.el9.src.rpm",
    module="nodejs:18:9020:rhel9",
)
KEY = header(name="gpg-pubkey", version="1", release="2")


def database(root, kind, blobs):
    put(root, {"etc/os-release": ROCKY})
    if kind == "rpmdb.sqlite":
        sqlite_file(root / "var/lib/rpm/rpmdb.sqlite", blobs)
    else:
        put(root, {f"var/lib/rpm/{kind}": (ndb_file if kind == "Packages.db" else berkeley_file)(blobs)})
    return root


@pytest.mark.parametrize("kind", ["rpmdb.sqlite", "Packages.db", "Packages"])
def test_the_three_databases_hold_the_same(tmp_path, kind):
    packages, problems = found_in(database(tmp_path, kind, [PERL, KEY, NODE]))
    assert problems == []
    perl, node = packages
    assert (perl.ecosystem, perl.name, perl.version, perl.arch) == ("Rocky Linux:9", "perl-B", "1.80-481.el9", "x86_64")
    assert (perl.source, perl.source_version) == ("perl", "5.32.1-481.el9")
    assert (node.version, node.source, node.source_version, node.module) == ("1:18.1-1.el9", "nodejs", "", "nodejs:18")
    for package in packages:
        read_back = package_of(package.purl)
        for name in ("name", "version", "source", "source_version", "arch"):
            assert getattr(read_back, name) == getattr(package, name)


def test_a_real_berkeley_database_is_read(tmp_path):
    unpack(shared("package_db_fixtures") / "files.tar.gz", tmp_path / "data")
    file = next((tmp_path / "data").rglob("Packages_epoch"))
    packages, problems = found_in(
        put(tmp_path / "root", {"etc/os-release": ROCKY, "var/lib/rpm/Packages": file.read_bytes()})
    )
    assert problems == []
    assert [(each.name, each.version) for each in packages] == [("hello", "1:0.0.1-rls")]


def test_what_is_no_database_is_named(tmp_path):
    folder = unpack(shared("package_db_fixtures") / "files.tar.gz", tmp_path / "data")
    files = [file for file in folder.rglob("*") if file.name in ("Packages", "Packages.db", "rpmdb.sqlite")]
    assert len(files) == 6
    for number, file in enumerate(files):
        root = put(tmp_path / str(number), {"etc/os-release": ROCKY, f"var/lib/rpm/{file.name}": file.read_bytes()})
        packages, problems = found_in(root)
        assert packages == []
        assert [each.location for each in problems] == [f"var/lib/rpm/{file.name}"]


def test_a_damaged_header_is_named_and_the_rest_goes_on(tmp_path):
    packages, problems = found_in(database(tmp_path, "Packages.db", [PERL[:40], NODE]))
    assert [each.name for each in packages] == ["nodejs"]
    assert "does not fit" in problems[0].cause


def test_a_database_that_is_computed_is_refused(tmp_path):
    import sqlite3
    from contextlib import closing

    put(tmp_path, {"etc/os-release": ROCKY, "var/lib/rpm/x": ""})
    with closing(sqlite3.connect(tmp_path / "var/lib/rpm/rpmdb.sqlite")) as made:
        made.execute("CREATE TABLE Packages (hnum INTEGER, blob BLOB AS (zeroblob(900000000)))")
    assert "has no table Packages" in found_in(tmp_path)[1][0].cause


@pytest.mark.parametrize("kind", ["rpmdb.sqlite", "Packages.db", "Packages"])
def test_no_change_of_a_database_makes_reading_fail(tmp_path, kind):
    chance = random.Random(kind)
    root = database(tmp_path, kind, [PERL, NODE])
    content = (root / "var/lib/rpm" / kind).read_bytes()
    for _ in range(150):
        changed = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(min(len(changed), 2000)) if chance.random() < 0.7 else chance.randrange(len(changed))
            changed[at] = chance.choice((0, 1, 255, chance.randrange(256)))
        if chance.random() < 0.1:
            del changed[chance.randrange(len(changed)) :]
        put(root, {f"var/lib/rpm/{kind}": bytes(changed)})
        packages, problems = found_in(root)
        assert packages or problems
        for each in (*packages, *problems):
            "".join(map(str, each)).encode()


SPEC = """\
Name: alpha
Epoch: 2
Version: 1.2
Release: 3
Summary: a
License: MIT
BuildArch: noarch
%description
a
%files
%package sub
Epoch: 0
Version: 9.9
Summary: b
%description sub
b
%files sub
"""


def test_rpm_itself_says_the_same_of_a_database_that_it_made(tmp_path):
    rpm, build = shutil.which("rpm"), shutil.which("rpmbuild")
    if rpm is None or build is None:
        pytest.skip("rpm and rpmbuild are not installed here")
    put(tmp_path, {"a.spec": SPEC, "host/etc/os-release": ROCKY})

    def run(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout

    run(build, "--define", f"_topdir {tmp_path}/build", "-bb", "a.spec")
    place = ["--dbpath", f"{tmp_path}/host/var/lib/rpm"]
    made = map(str, (tmp_path / "build/RPMS").rglob("*.rpm"))
    forced = ["--force-debian"] if Path("/etc/debian_version").exists() else []
    run(rpm, *place, "--nodeps", "--justdb", "--ignoreos", "--ignorearch", *forced, "-i", *made)
    told = run(rpm, *place, "-qa", "--qf", "%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH}\\n")
    packages, problems = found_in(tmp_path / "host")
    versions = [each.version if ":" in each.version else f"0:{each.version}" for each in packages]
    found = [f"{each.name} {version} {each.arch}" for each, version in zip(packages, versions, strict=True)]
    assert problems == []
    assert sorted(found) == sorted(told.split("\n")[:-1]) == ["alpha 2:1.2-3 noarch", "alpha-sub 0:9.9-3 noarch"]
    assert {each.source for each in packages} == {"alpha"}
