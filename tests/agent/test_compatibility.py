"""The agent's promise about Python: standard library only, syntax of 3.8; and it runs on whatever Python is at hand."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nephoscope
from nephoscope import agent
from nephoscope.cli._agent_build import archive
from tests.agent.gateway import TOKEN

SOURCE = Path(agent.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))


def pythons():
    """{version: program} of the Pythons on this machine, from 3.8 on."""
    places = [shutil.which(f"python3.{minor}") for minor in range(8, 16)]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places += sorted(str(path) for path in root.glob("versions/3.*/bin/python3"))
    found = {}
    for place in filter(None, places):
        ask = [place, "-SEs", "-c", "import sys, sqlite3, ssl; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        version = done.stdout.strip()
        if done.returncode == 0 and tuple(map(int, version.split("."))) >= (3, 8):
            found.setdefault(version, place)
    return found


PYTHONS = pythons() or {f"3.{sys.version_info.minor}": sys.executable}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_a_file_is_python_3_8_and_imports_only_the_standard_library(path):
    tree = ast.parse(path.read_text(), feature_version=(3, 8))
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level
            names.append(node.module)

    assert [
        name
        for name in names
        if name.partition(".")[0] not in sys.stdlib_module_names and not f"{name}.".startswith("nephoscope.agent.")
    ] == []


def test_the_agents_version_is_the_packages():
    assert nephoscope.__version__ == agent.VERSION


@pytest.mark.slow
@pytest.mark.parametrize("version", sorted(PYTHONS, key=lambda one: int(one.partition(".")[2])))
def test_the_built_agent_enrols_runs_and_leaves(version, tmp_path, gateway):
    """A real process of each Python, against a gateway on loopback."""
    built, token, log = tmp_path / "agent.pyz", tmp_path / "token", tmp_path / "app.log"
    built.write_bytes(archive())
    token.write_text(TOKEN)
    log.write_text("old\n")
    gateway.wanted = {
        "heartbeat_s": 10,
        "tables": {"os": 10, "users": 10, "listening_ports": 10, "setuid": 86400},
        "logs": [{"path": str(log), "kind": "lines"}],
        "checks": {"names": ["all"], "seconds": 60},
    }
    command = [PYTHONS[version], "-SEs", str(built), "--state", str(tmp_path / "state")]

    def call(*arguments):
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=60)

    joined = call("enrol", "--server", gateway.url, "--token-file", str(token), "--no-cloud")
    assert (joined.returncode, joined.stderr) == (0, "")
    process = subprocess.Popen([*command, "run"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: gateway.of("check"))
        with log.open("a") as file:
            file.write("new\n")
        wait_for(lambda: gateway.of("log"), 25)
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=10)

    assert (said, process.returncode) == (b"", 0)
    assert gateway.of("log")[0]["lines"] == ["new"]
    assert {each["name"] for each in gateway.of("table")} == {"os", "users", "listening_ports", "setuid"}
    assert gateway.enrolments[0]["python"].startswith(version + ".")
    assert json.loads(call("status").stdout)["policy"]["version"] == 1
    well = call("check")
    assert (well.returncode, well.stdout[:5]) == (0, "well:")
    assert call("leave").returncode == 0
    assert call("status").returncode == 1
    assert len(gateway.left) == 1


def wait_for(holds, seconds=20.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.05)
