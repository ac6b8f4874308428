"""The sandbox's commands say what they do and what is missing."""

import json
import subprocess
import sys
import urllib.request

import pytest
from typer import BadParameter
from typer.testing import CliRunner

from nephoscope.cli.sandbox import app
from nephoscope.model.errors import ConfigError


@pytest.fixture
def running(tmp_path):
    """`nephoscope sandbox up` in a process of its own; its folder and first line."""
    command = [sys.executable, "-m", "nephoscope", "sandbox", "up", "--folder", str(tmp_path), "--port", "0"]
    process = subprocess.Popen([*command, "--format", "jsonl"], stdout=subprocess.PIPE, env=environment())
    yield process, tmp_path, json.loads(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


def environment():
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_up_names_its_endpoint_and_down_ends_it(running):
    process, folder, ready = running
    with urllib.request.urlopen(f"{ready['endpoint_url']}/_sandbox/health") as answer:
        assert json.load(answer)["status"] == "ok"

    done = CliRunner().invoke(app, ["down", "--folder", str(folder)])

    assert done.exit_code == 0
    assert process.wait(30) == 0
    assert not (folder / "endpoint.json").exists()


@pytest.mark.parametrize("command", [["down"], ["seed"]])
def test_without_a_sandbox_a_command_says_how_to_start_one(tmp_path, command):
    done = CliRunner().invoke(app, [*command, "--folder", str(tmp_path)])

    assert isinstance(done.exception, ConfigError)
    assert "nephoscope sandbox up" in str(done.exception)


def test_an_incident_that_there_is_not_is_a_wrong_call_that_names_those_there_are(tmp_path):
    done = CliRunner().invoke(app, ["incident", "nope", "--folder", str(tmp_path)], standalone_mode=False)

    assert isinstance(done.exception, BadParameter)
    assert "leaked_access_key" in str(done.exception)
