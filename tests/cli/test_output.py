import json
import re
import sys

import pytest
from typer.testing import CliRunner

from nephoscope.cli import COMMANDS, app, main
from nephoscope.cli.output import Exit, print_json, printable, wants_json


def test_a_pipe_gets_json_lines_and_a_choice_wins(capsys):
    assert wants_json("")  # under test, standard output is no terminal
    assert wants_json("jsonl")
    assert not wants_json("table")

    print_json({"name": "\u202eevil\n"})
    assert json.loads(capsys.readouterr().out) == {"name": "\u202eevil\n"}


def test_control_characters_from_outside_never_reach_a_terminal():
    assert (
        printable("a\x1b[2Jb\nc\u202e")
        == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c\N{REPLACEMENT CHARACTER}"
    )


def test_exit_codes_are_told_apart():
    assert [*map(int, Exit)] == [0, 1, 2, 64, 70]


def commands():
    """Every command, and every command of a group, as it is called."""
    for name in COMMANDS:
        yield from below([name])


def below(command):
    """The command itself, or all of its group."""
    text = CliRunner().invoke(app, [*command, "--help"]).stdout
    _, _, listed = text.partition("\nCommands:\n")
    inner = re.findall(r"^  ([\w-]+)", listed, re.MULTILINE)
    yield from (found for one in inner for found in below([*command, one])) if inner else [command]


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_s_help_shows_how_it_is_called(command):
    text = " ".join(CliRunner().invoke(app, [*command, "--help"]).stdout.split())
    called = f"nephoscope {' '.join(command)}".removesuffix(" list" if command[0] != "rules" else "")

    assert called in text.partition("Options:")[0]


def test_an_error_s_text_does_not_steer_the_terminal(tmp_path, monkeypatch, capsys):
    file = tmp_path / "nephoscope.toml"
    file.write_text('"a\\u001b[2Jb" = 1')
    monkeypatch.setattr(sys, "argv", ["nephoscope", "doctor", "--config", str(file)])
    with pytest.raises(SystemExit):
        main()

    said = capsys.readouterr().err
    assert "there is no key" in said
    assert "\x1b" not in said
