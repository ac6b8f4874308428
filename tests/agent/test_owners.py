import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from nephoscope.agent.owners import Owner, owners_of

MD5 = hashlib.md5(b"x").hexdigest()


@pytest.fixture
def debian(tmp_path):
    """A root with merged /usr, one package with a configuration file, and a diversion."""
    info = tmp_path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    (info / "tool:amd64.list").write_text("/.\n/bin\n/bin/tool\n/bin/moved\n/etc/tool.conf\n")
    (info / "tool:amd64.md5sums").write_text(f"{MD5}  bin/tool\n{MD5}  bin/moved\nnonsense\n")
    (tmp_path / "var/lib/dpkg/status").write_text(
        "Package: tool\nStatus: install ok installed\nVersion: 1:2-3\nConffiles:\n"
        f" /etc/tool.conf {MD5}\n /etc/old.conf {MD5} obsolete\nDescription: a\n b\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
    )
    (tmp_path / "var/lib/dpkg/diversions").write_text("/bin/moved\n/bin/moved.orig\nother\n")
    return tmp_path


def test_dpkg_says_owner_version_and_digest_through_merged_usr(debian):
    found = owners_of(debian, {"/usr/bin/tool", "/etc/tool.conf", "/etc/old.conf", "/nobody"})

    assert found.by_path == {
        "/usr/bin/tool": Owner("tool", "1:2-3", "md5", MD5),
        "/etc/tool.conf": Owner("tool", "1:2-3", "md5", MD5, is_configuration=True),
    }
    assert found.versions == {"tool": "1:2-3"}


def test_a_diverted_file_belongs_where_it_was_moved_to(debian):
    found = owners_of(debian, {"/usr/bin/moved", "/usr/bin/moved.orig"})

    assert set(found.by_path) == {"/usr/bin/moved.orig"}


def test_apk_says_owner_version_and_digest(tmp_path):
    sha1 = hashlib.sha1(b"x")
    database = tmp_path / "lib/apk/db/installed"
    database.parent.mkdir(parents=True)
    database.write_text(
        f"P:tool\nV:1-r0\nF:usr/bin\nR:tool\na:0:0:755\nZ:Q1{base64.b64encode(sha1.digest()).decode()}\n"
        "F:etc\nR:tool.conf\nZ:Q1!!\n\nnonsense\n"
    )

    found = owners_of(tmp_path, {"/usr/bin/tool", "/etc/tool.conf"})

    assert found.by_path["/usr/bin/tool"] == Owner("tool", "1-r0", "sha1", sha1.hexdigest())
    assert found.by_path["/etc/tool.conf"] == Owner("tool", "1-r0", "sha1", "", is_configuration=True)


def test_a_database_that_cannot_be_read_is_named(debian):
    (debian / "var/lib/dpkg/status").unlink()

    found = owners_of(debian, {"/usr/bin/tool"})

    assert list(found.unseen) == [str(debian / "var/lib/dpkg")]


def test_an_rpm_database_that_is_none_is_named(tmp_path):
    (tmp_path / "var/lib/rpm").mkdir(parents=True)
    (tmp_path / "var/lib/rpm/rpmdb.sqlite").touch()

    assert "no rpm database" in owners_of(tmp_path, set()).unseen[str(tmp_path / "var/lib/rpm")]


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
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc
echo program > %{buildroot}/usr/bin/alpha
echo setting > %{buildroot}/etc/alpha.conf
ln -s alpha %{buildroot}/usr/bin/link
%files
/usr/bin/alpha
/usr/bin/link
%config /etc/alpha.conf
"""


def test_rpm_says_owner_version_and_digest(tmp_path):
    programs = shutil.which("rpm"), shutil.which("rpmbuild")
    if None in programs:
        pytest.skip("rpm and rpmbuild are not installed here")
    (tmp_path / "a.spec").write_text(SPEC)
    root = tmp_path / "root"
    root.mkdir()

    def run(*command):
        subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)

    run(programs[1], "--define", f"_topdir {tmp_path}/build", "-bb", "a.spec")
    [built] = (tmp_path / "build/RPMS").rglob("*.rpm")
    forced = ["--force-debian"] if Path("/etc/debian_version").exists() else []
    run(
        programs[0],
        "--root",
        str(root),
        "--dbpath",
        "/var/lib/rpm",
        "--nodeps",
        "--noscripts",
        *forced,
        "-i",
        str(built),
    )

    found = owners_of(root, {"/usr/bin/alpha", "/usr/bin/link", "/etc/alpha.conf", "/nobody"})

    digest = hashlib.sha256(b"program\n").hexdigest()
    assert found.unseen == {}
    assert found.by_path["/usr/bin/alpha"] == Owner("alpha", "2:1.2-3", "sha256", digest)
    assert found.by_path["/usr/bin/link"].digest == ""
    assert found.by_path["/etc/alpha.conf"].is_configuration
    assert set(found.by_path) == {"/usr/bin/alpha", "/usr/bin/link", "/etc/alpha.conf"}
    (root / "var/lib/rpm/rpmdb.sqlite").write_bytes(b"SQLite format 3\0nothing")
    assert owners_of(root, {"/usr/bin/alpha"}).unseen
