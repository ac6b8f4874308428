import subprocess

import pytest

from nephoscope.model.errors import Refused
from nephoscope.respond.volatile import SCRIPTS, commands, memory_commands


@pytest.mark.parametrize("fact", SCRIPTS)
def test_every_script_is_posix_shell_and_names_itself(fact):
    lines = commands(fact)
    assert lines[0] == f"# nephoscope: {fact}"
    done = subprocess.run(["sh", "-n"], input="\n".join(lines), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_memory_tool_is_called_with_a_place_of_its_own():
    assert memory_commands("/opt/avml", "s3://case-files/memory/", "token") == [
        "# nephoscope: memory",
        "exec '/opt/avml' 's3://case-files/memory/token.lime'",
    ]


@pytest.mark.parametrize(
    "tool", ["avml", "/opt/a'; rm -rf /; '", "/opt/$(id)", "/opt/../bin/sh", "/opt/a b", "/a\nb", ""]
)
def test_a_tool_that_could_be_more_than_a_path_is_refused(tool):
    with pytest.raises(Refused, match="memory_tool"):
        memory_commands(tool, "s3://case-files/memory", "token")


@pytest.mark.parametrize(
    "to", ["/tmp", "s3://b", "s3://bucket/$(id)", "s3://bucket/../x", "https://example.com/x", "s3://B/x"]
)
def test_a_place_that_is_none_in_s3_is_refused(to):
    with pytest.raises(Refused, match="memory_to"):
        memory_commands("/opt/avml", to, "token")
