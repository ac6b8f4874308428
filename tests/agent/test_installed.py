import pytest

from nephoscope.agent.host import Host, Unreadable
from nephoscope.agent.installed import names

STATUS = """Package: bash
Status: install ok installed
Version: 5.2

Package: gone
Status: deinstall ok config-files

Package: held
Status: hold ok installed
"""


def test_dpkgs_installed_packages_are_named(tree):
    assert names(Host(str(tree({"/var/lib/dpkg/status": STATUS})))) == {"bash", "held"}


def test_an_empty_database_is_not_no_packages(tree):
    with pytest.raises(Unreadable, match="holds no installed package"):
        names(Host(str(tree({"/var/lib/dpkg/status": "\0\0"}))))


def test_an_rpm_database_elsewhere_is_not_guessed(tree):
    with pytest.raises(Unreadable, match="of the running system only"):
        names(Host(str(tree({"/etc/os-release": "ID=rhel"}))))


class RunningWithoutDpkg(Host):
    """The running system, as if it had no dpkg."""

    def open(self, path):
        raise Unreadable(path, "No such file or directory", absent=True)


def an_rpm(tmp_path, text):
    program = tmp_path / "rpm"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return str(program)


def test_rpm_answers_for_the_running_system(tmp_path):
    assert names(RunningWithoutDpkg("/"), an_rpm(tmp_path, "printf 'bash\\nglibc\\nbash\\n'")) == {"bash", "glibc"}


def test_an_rpm_that_fails_is_named(tmp_path):
    with pytest.raises(Unreadable, match="cannot open"):
        names(RunningWithoutDpkg("/"), an_rpm(tmp_path, "echo 'cannot open Packages' >&2; exit 1"))
    with pytest.raises(Unreadable, match="names no package"):
        names(RunningWithoutDpkg("/"), an_rpm(tmp_path, "exit 0"))
    with pytest.raises(Unreadable, match="neither"):
        names(RunningWithoutDpkg("/"), str(tmp_path / "none"))
