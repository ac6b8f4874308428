import hashlib
import shutil
import subprocess

import pytest

from nephoscope.cli._agent_packages import LIBRARY, PROGRAM, SERVICE, deb, rpm

PYZ = b"#!/usr/bin/python3 -SEs\nprogram \0\xff"


def run(*command, **more):
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, check=True, **more).stdout


@pytest.fixture
def deb_file(tmp_path):
    (tmp_path / "agent.deb").write_bytes(deb(PYZ, "1.2.3"))
    return tmp_path / "agent.deb"


@pytest.fixture
def rpm_file(tmp_path):
    if not shutil.which("rpm"):
        pytest.skip("rpm is not installed here")
    (tmp_path / "agent.rpm").write_bytes(rpm(PYZ, "1.2.3"))
    return tmp_path / "agent.rpm"


def test_packages_are_the_same_bytes_each_time():
    assert deb(PYZ, "1") == deb(PYZ, "1")
    assert rpm(PYZ, "1") == rpm(PYZ, "1")


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg is not installed here")
def test_dpkg_reads_and_unpacks_what_is_installed(deb_file, tmp_path):
    assert run("dpkg-deb", "-f", deb_file, "Version", "Depends") == "Version: 1.2.3\nDepends: python3 (>= 3.8)\n"
    run("dpkg-deb", "-x", deb_file, tmp_path / "root")
    run("dpkg-deb", "-e", deb_file, tmp_path / "control")
    assert (tmp_path / "root" / LIBRARY[1:]).read_bytes() == PYZ
    assert (tmp_path / "root" / PROGRAM[1:]).stat().st_mode & 0o777 == 0o755
    assert "ExecStart=/usr/sbin/nephoscope-agent run" in (tmp_path / "root" / SERVICE[1:]).read_text()
    for script in ("postinst", "prerm", "postrm"):
        run("sh", "-n", tmp_path / "control" / script)
    sums = (tmp_path / "control" / "md5sums").read_text()
    assert f"{hashlib.md5(PYZ).hexdigest()}  {LIBRARY[1:]}\n" in sums


@pytest.mark.skipif(not shutil.which("dpkg"), reason="dpkg is not installed here")
def test_dpkg_installs_and_verifies_it_below_a_root(deb_file, tmp_path):
    admin = tmp_path / "root/var/lib/dpkg"
    (admin / "info").mkdir(parents=True)
    (admin / "updates").mkdir()
    (admin / "status").touch()
    dpkg = ["dpkg", f"--root={tmp_path / 'root'}", "--force-not-root,depends,script-chrootless", "--no-triggers"]
    run(*dpkg, "--unpack", deb_file)
    assert run(*dpkg[:2], "--verify", "nephoscope-agent") == ""
    assert (tmp_path / "root" / LIBRARY[1:]).read_bytes() == PYZ


def test_rpm_reads_it_and_finds_its_digests_right(rpm_file):
    told = run("rpm", "-qp", "--qf", "%{NAME} %{VERSION}-%{RELEASE} %{ARCH} %{LICENSE}", rpm_file)
    assert told == "nephoscope-agent 1.2.3-1 noarch Apache-2.0"
    assert run("rpm", "-qlp", rpm_file).split() == sorted((LIBRARY, PROGRAM, SERVICE))
    assert "python3 >= 3.8" in run("rpm", "-qp", "--requires", rpm_file)
    assert "digests OK" in run("rpm", "-K", rpm_file)
    assert "systemctl enable" in run("rpm", "-qp", "--scripts", rpm_file)


def test_rpm_installs_and_verifies_it_below_a_root(rpm_file, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    rpm_ = ["rpm", "--root", root, "--dbpath", "/var/lib/rpm"]
    run(*rpm_, "-i", "--nodeps", "--noscripts", rpm_file)
    assert (root / LIBRARY[1:]).read_bytes() == PYZ
    assert (root / PROGRAM[1:]).stat().st_mode & 0o777 == 0o755
    assert run(*rpm_, "-V", "--noscripts", "--nodeps", "--nouser", "--nogroup", "nephoscope-agent") == ""
    (root / PROGRAM[1:]).write_text("evil")
    with pytest.raises(subprocess.CalledProcessError):
        run(*rpm_, "-V", "--noscripts", "--nodeps", "nephoscope-agent")


def test_an_altered_rpm_is_found(rpm_file):
    data = bytearray(rpm_file.read_bytes())
    data[-20] ^= 1
    rpm_file.write_bytes(data)
    with pytest.raises(subprocess.CalledProcessError):
        run("rpm", "-K", rpm_file)
