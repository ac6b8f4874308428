import json
import os
import subprocess
import sys

import hcl2
import pytest
import typer
import yaml

from nephoscope.cli._agent_build import archive, digest
from nephoscope.cli._agent_snippets import KINDS
from nephoscope.cli.agent import build, checks, install_script, snippets

SERVER, FILES = "https://gateway.example.com", "https://files.example.com/nephoscope"


@pytest.fixture
def built(tmp_path):
    """The built agent, its script, and a folder to install below."""
    build(tmp_path / "agent.pyz")
    install_script(tmp_path / "install.sh")
    (tmp_path / "root").mkdir()

    def script(*arguments):
        command = ["sh", str(tmp_path / "install.sh"), "--root", str(tmp_path / "root"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return tmp_path, script


def test_the_agent_is_built_the_same_each_time_and_runs(built, capsys):
    folder, _ = built
    first = (folder / "agent.pyz").read_bytes()
    os.utime(folder / "agent.pyz", (1, 1))
    build(folder / "again.pyz")

    assert (folder / "again.pyz").read_bytes() == first
    assert digest(first) in capsys.readouterr().out
    done = subprocess.run(
        [sys.executable, "-SEs", folder / "agent.pyz", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0.1.0\n"


def test_the_agent_holds_nothing_else_of_ours():
    import io
    import zipfile

    names = zipfile.ZipFile(io.BytesIO(archive())).namelist()
    assert {name for name in names if not name.startswith("nephoscope/agent/")} == {
        "__main__.py",
        "nephoscope/__init__.py",
    }


def test_installing_twice_changes_nothing_the_second_time(built):
    folder, script = built
    first = script("--from", str(folder / "agent.pyz"))
    second = script("--from", str(folder / "agent.pyz"))

    assert first.stdout == "nephoscope-agent 0.1.0 is installed (changed: yes)\n", first.stderr
    assert second.stdout == "nephoscope-agent 0.1.0 is installed (changed: no)\n"
    assert (folder / "root/var/lib/nephoscope-agent").stat().st_mode & 0o777 == 0o700
    assert script("--check").returncode == 0


def test_a_file_that_is_not_the_one_is_refused(built):
    folder, script = built
    (folder / "agent.pyz").write_bytes(b"evil")
    done = script("--from", str(folder / "agent.pyz"))

    assert done.returncode == 1
    assert "its SHA-256 differs" in done.stderr
    assert [path for path in (folder / "root").rglob("*") if path.is_file()] == []


def test_what_was_changed_since_is_told(built):
    folder, script = built
    assert "is not installed" in script("--check").stderr
    script("--from", str(folder / "agent.pyz"))
    unit = folder / "root/etc/systemd/system/nephoscope-agent.service"
    unit.write_text(unit.read_text().replace("strict", "no"))
    assert "was changed" in script("--check").stderr
    (folder / "root/usr/local/lib/nephoscope-agent/nephoscope-agent.pyz").write_bytes(b"evil")
    assert "a changed file" in script("--check").stderr


def test_an_upgrade_can_be_taken_back_and_all_of_it_removed(built):
    folder, script = built
    place = folder / "root/usr/local/lib/nephoscope-agent/nephoscope-agent.pyz"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"the version before")
    script("--from", str(folder / "agent.pyz"))
    assert place.read_bytes() == archive()
    script("--rollback")
    assert place.read_bytes() == b"the version before"
    assert "no version before" in script("--rollback").stderr

    assert script("--uninstall").returncode == 0
    assert [path for path in (folder / "root").rglob("*") if path.is_file()] == []
    assert not (folder / "root/var/lib/nephoscope-agent").exists()
    assert script("--uninstall").returncode == 0


@pytest.mark.parametrize("arguments", [["--server"], ["--evil"], ["--from", "http://x/y"], []])
def test_a_wrong_call_installs_nothing(built, arguments):
    folder, script = built
    assert script(*arguments).returncode == 1
    assert [path for path in (folder / "root").rglob("*") if path.is_file()] == []


def test_the_unit_holds_the_agent_down(built):
    folder, script = built
    script("--from", str(folder / "agent.pyz"))
    unit = (folder / "root/etc/systemd/system/nephoscope-agent.service").read_text()

    for line in ("MemoryMax=96M", "CPUQuota=10%", "ProtectSystem=strict", "NoNewPrivileges=yes"):
        assert line in unit.splitlines()
    assert "CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE" in unit.splitlines()


def printed(capsys, kind):
    snippets(kind, server=SERVER, files=FILES, parameter="/join", image="registry.example.com/agent:1")
    return capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS)
def test_a_snippet_is_what_it_says_and_holds_no_token(capsys, kind):
    text = printed(capsys, kind)

    assert "njt_" not in text
    assert "$" not in text.replace("$work", "").replace("$(mktemp", "").replace("${path", "")
    if kind == "terraform":
        assert hcl2.loads(text)
    else:
        assert yaml.safe_load(text)
    if kind != "terraform":
        assert SERVER in text or kind == "image-builder"


def test_the_daemon_set_is_confined(capsys):
    found = yaml.safe_load(printed(capsys, "daemonset"))
    pod = found["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["DAC_READ_SEARCH", "SYS_PTRACE"]}
    assert {mount["name"]: mount.get("readOnly") for mount in container["volumeMounts"]}["host"]
    assert container["resources"]["limits"] == {"cpu": "100m", "memory": "128Mi"}
    assert pod["volumes"][2]["secret"]["defaultMode"] == 0o400


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("windows", {}),
        ("ssm", {"server": "http://x"}),
        ("ssm", {"server": "https://x; rm -rf /"}),
        ("ssm", {"files": "https://x/$(id)"}),
        ("ssm", {"parameter": "/x; id"}),
        ("daemonset", {"image": "x\n  hostIPC: true"}),
    ],
)
def test_values_that_would_say_more_are_refused(kind, changes):
    with pytest.raises(typer.BadParameter):
        snippets(kind, **{"server": SERVER, "files": FILES, "parameter": "/join", "image": "agent:1"} | changes)


def test_the_benchmark_is_listed(capsys):
    checks(format="jsonl")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert {"name", "title", "why", "fix", "families"} == set(rows[0])
    assert "ssh_root_cannot_log_in" in {row["name"] for row in rows}
