import io
import shutil
import subprocess

import pytest
from tests.agent.packages.language_made import go_program

from nephoscope.agent.packages.go_binary import read, wants
from nephoscope.agent.packages.package import Package


def found(content):
    return list(read(io.BytesIO(content), "x"))


def test_modules_are_told_and_what_replaces_one_takes_its_place():
    packages = found(
        go_program(
            "path\texample.com/x",
            "mod\texample.com/x\tv1.0.0\th1:a",
            "dep\ta.org/b\tv1.2.3\th1:a",
            "=>\tc.org/d\tv4.0.0\th1:a",
            "dep\te.org/f\tv0.1.0\th1:a",
            "build\t-compiler=gc",
        )
    )
    assert [(each.name, each.version) for each in packages] == [
        ("stdlib", "1.22.1"),
        ("example.com/x", "1.0.0"),
        ("c.org/d", "4.0.0"),
        ("e.org/f", "0.1.0"),
    ]


def test_a_module_from_a_folder_is_named():
    _, problem = found(go_program("dep\ta.org/b\tv1.2.3\th1:a", "=>\t./b\t(devel)\t"))
    assert "was built from a folder" in problem.cause


def test_what_go_did_not_build_holds_nothing():
    assert found(b"#!/bin/sh\n" * 20) == found(b"") == found(b"\x7fELF\x02\x01\x01" + bytes(57)) == []
    assert found(go_program().replace(b".go.buildinfo", b".go.otherinfo")) == []


def test_an_older_form_is_named():
    (problem,) = found(go_program().replace(b"\x08\x02", b"\x08\x00", 1))
    assert "before 1.18" in problem.cause


def test_only_files_that_may_run_are_opened():
    assert wants("usr/bin/x", 0o755)
    assert not wants("usr/bin/x", 0o644)


def test_go_itself_tells_the_same(tmp_path):
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed here")
    file = tmp_path / "x"
    file.write_bytes(go_program("dep\ta.org/b\tv1.2.3\th1:a"))
    file.chmod(0o755)
    told = subprocess.run([go, "version", "-m", str(file)], capture_output=True, text=True, check=True).stdout
    for package in filter(lambda each: isinstance(each, Package) and each.name != "stdlib", found(file.read_bytes())):
        assert f"dep\t{package.name}\tv{package.version}" in told
