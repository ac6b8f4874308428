import io
import json
import sys

import pytest
from tests.agent.packages.made import DEBIAN, put

from nephoscope.scan.packages import read_packages

STATUS = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\nVersion: 3-1\n"


@pytest.fixture
def sbom(tmp_path, monkeypatch, capsys):
    """Runs `nephoscope scan sbom …` as the command line does; gives exit code, output and errors."""

    def run(*arguments):
        from nephoscope.cli import main

        monkeypatch.setattr(sys, "argv", ["nephoscope", "scan", "sbom", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def root(tmp_path):
    return put(tmp_path / "root", {"etc/os-release": DEBIAN, "var/lib/dpkg/status": STATUS})


def test_lines_are_what_scan_takes(sbom, root):
    code, output, errors = sbom(root)
    assert (code, errors) == (0, "")
    (row,) = map(json.loads, output.splitlines())
    assert row["location"] == "var/lib/dpkg/status"
    (package,) = read_packages(io.BytesIO(output.encode()), "x")
    assert (package.ecosystem, package.name, package.source, package.arch) == (
        "Debian:12",
        "libssl3",
        "openssl",
        "amd64",
    )


def test_both_formats_hold_the_same_packages_and_a_file_is_whole(sbom, root, tmp_path):
    code, output, _ = sbom(root, "--format", "cyclonedx", "-o", tmp_path / "bom.json")
    assert (code, output) == (0, "")
    lines = io.BytesIO(sbom(root)[1].encode())
    assert list(read_packages(lines, "x")) == list(read_packages(io.BytesIO((tmp_path / "bom.json").read_bytes()), "y"))
    assert {file.name for file in tmp_path.iterdir()} == {"bom.json", "root"}


def test_what_cannot_be_read_is_said_and_is_not_all_right(sbom, root):
    put(root, {"var/lib/rpm/rpmdb.sqlite": "no database, and long enough to be one"})
    code, output, errors = sbom(root)
    assert code == 2
    assert "libssl3" in output
    assert "var/lib/rpm/rpmdb.sqlite: " in errors


def test_a_folder_without_packages_is_not_all_right(sbom, tmp_path):
    code, output, errors = sbom(tmp_path)
    assert (code, output) == (2, "")
    assert "holds no package" in errors


def test_wrong_calls_say_what_is_wrong(sbom, root, tmp_path):
    assert sbom(root, "--format", "xml")[0] == 64
    assert sbom(tmp_path / "nowhere")[0] == 64
    code, _, errors = sbom(root, "-o", tmp_path / "nowhere/bom.json")
    assert code == 64
    assert "cannot be written" in errors
    assert "--format cyclonedx" in sbom("--help")[1]


def test_what_is_found_can_be_judged(sbom, root, tmp_path, monkeypatch, capsys):
    from nephoscope.cli import main

    affected = {
        "package": {"ecosystem": "Debian:12", "name": "openssl"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3-2"}]}],
    }
    (tmp_path / "osv.json").write_text(json.dumps({"id": "DSA-1", "affected": [affected]}))
    for format in ("jsonl", "cyclonedx"):
        sbom(root, "--format", format, "-o", tmp_path / "packages")
        ask = [
            "--packages",
            str(tmp_path / "packages"),
            "--advisories",
            str(tmp_path / "osv.json"),
            "--format",
            "jsonl",
        ]
        monkeypatch.setattr(sys, "argv", ["nephoscope", "scan", *ask])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 1
        assert json.loads(capsys.readouterr().out)["fixed"] == "3-2"
