import json

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
